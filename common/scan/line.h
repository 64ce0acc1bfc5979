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
 * LIST one file, which holds these bands in this order \N:LIST one file a band: capture N is the
 * band's name PREFIX\N:LIST the same, with a prefix to each name
 *
 * LIST alone and PREFIX are templates: \1 to \9 in them are captures, and \#1 to \#9 the rank,
 * from 1, of a capture among those of the group's files. Then the part has as many files, or
 * whole lists of files, as there are different texts: it is labelled with them.
 */

enum { LINE_NAME_MAX = 100 /* bytes of DATASET */ };

struct rule_line_band {
	const char *name;
	size_t index; /* in line.bands */
};

struct rule_line {
	char *text;       /* as read, without newline; the strings below point into a copy */
	char *fields;     /* that copy */
	const char *name; /* DATASET */
	const char *pattern_text;
	const char *key; /* template: \1 to \9 are captures, \\ a backslash */
	char *tensors;   /* holds the two that follow */
	const char
	    *label; /* what stands before LIST: a template if `labelled`, else text; "": none */
	const char *list; /* LIST; "" if it is a template and so the label */
	uint64_t count;   /* COUNT */

	struct regex pattern;
	struct names bands; /* LIST expanded; for a template as if captures were digits */
	struct rule_line_band *sorted; /* the same, in order of name */
	char *signature;               /* equal for lines with the same tensors */
	unsigned capture;              /* that names the band of a file; 0: one file holds all */
	bool optional;                 /* '?' */
	bool open_list;                /* LIST is open: B{1..} */
	bool labelled;                 /* the label holds captures, these: */
	unsigned label_captures;       /* a bit for each */
	unsigned levels;               /* how far above a file's directory lies the one that holds
	                                 * all files of its group, if the rule is not spread */
	size_t number;                 /* in its rule, from 0 */
	size_t part; /* the number of the first line with the same tensors: they are alternatives */
	unsigned long line_number; /* in its file, from 1; 0: built in */
	struct rule *rule;
};

/* Parses one line. NULL with the reason if it is bad. The caller frees with line_free. */
struct rule_line *line_parse(const char *text, size_t len, struct error *why);

/* The position of a band (not NUL-terminated) in l->bands, or -1. */
long line_band(const struct rule_line *l, const char *name, size_t len);

/* In what a label makes of a match, the text whose rank is meant (\#N) stands between these,
 * until all files of the group are known (labels.h). No name of a tensor may contain them. */
enum { LABEL_RANK = '\x01', LABEL_RANK_END = '\x02' };

/* Writes what a template makes of a match to `out`, which has room for `size` bytes. Returns its
 * length, which may be larger than size: then it was cut. */
size_t line_expand(const char *template, const struct regex_match *m, char *out, size_t size);

/* Appends the NAMES of a file, rsenc-groups(5): `label` is what the label's template made of it,
 * `band` its position in l->bands (0 if it holds all). */
void line_names(const struct rule_line *l, const char *label, size_t band, struct buf *out);

void line_free(struct rule_line *l);

#endif
