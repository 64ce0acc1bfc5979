#ifndef RSENC_SCAN_LINE_H
#define RSENC_SCAN_LINE_H

#include "base/buf.h"
#include "base/error.h"
#include "scan/regex.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line of a rule, rsenc-rules(5): which files are one part of a patch, and what their tensors
 * are called.
 *
 * DATASET <TAB> PATTERN <TAB> KEY <TAB> TENSORS <TAB> COUNT
 *
 * TENSORS is one of these, with a '?' at the end if the part may be absent:
 *
 *     LIST             one file, which holds these bands in this order
 *     \N:LIST          one file a band: capture N is the band's name
 *     PREFIX\N:LIST    the same, with a prefix to each name
 *
 * LIST alone and PREFIX are templates: \1 to \9 in them are captures, and \#1 to \#9 the rank,
 * from 1, of a capture among those of the group's files. Then the part has as many files, or
 * whole lists of files, as there are different texts: it is labelled with them.
 */

enum { LINE_NAME_MAX = 100 /* bytes of DATASET */ };

struct rule_line {
	char *text;       /* as read, without newline */
	char *fields;     /* a copy, into which the strings below point */
	const char *name; /* DATASET */
	const char *pattern_text;
	const char *key;  /* template: \1 to \9 are captures, \\ a backslash */
	char *label;      /* what stands before LIST: a template if `labelled`, else text */
	const char *list; /* LIST; "" if it is a template and so the label */
	uint64_t count;   /* COUNT */

	struct regex pattern;
	struct names bands; /* LIST expanded; for a template as if captures were digits */
	char *signature;    /* equal for lines with the same tensors */
	unsigned capture;   /* that names the band of a file; 0: one file holds all */
	bool optional;      /* '?' */
	bool open_list;     /* LIST is open: B{1..} */
	bool labelled;      /* the label holds captures */
	size_t number;      /* in its rule, from 0 */
	size_t part; /* the number of the first line with the same tensors: they are alternatives */
	unsigned long line_number; /* in its file, from 1; 0: built in */
	struct rule *rule;
};

/* Parses one line. NULL with the reason if it is bad. The caller frees with line_free. */
struct rule_line *line_parse(const char *text, size_t len, struct error *why);

/* The position of a band (not NUL-terminated) in l->bands, or -1. */
long line_band(const struct rule_line *l, const char *name, size_t len);

/* In what a label makes of a match, the text whose rank is meant (\#N) stands between these,
 * until all files of the group are known. No name of a tensor may contain them. */
enum { LABEL_RANK = '\x01', LABEL_RANK_END = '\x02' };

/* Appends what a template makes of a match. */
void line_expand(const char *template, const struct regex_match *m, struct buf *out);

/* Appends the NAMES of a file, rsenc-groups(5): `label` is what the label's template made of it,
 * `band` its position in l->bands (0 if it holds all). */
void line_names(const struct rule_line *l, const char *label, size_t band, struct buf *out);

void line_free(struct rule_line *l);

#endif
