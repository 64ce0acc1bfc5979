#ifndef RSENC_SCAN_RULES_H
#define RSENC_SCAN_RULES_H

#include "base/buf.h"
#include "base/error.h"
#include "scan/regex.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rules that say which files make up the patches of a dataset, rsenc-rules(5). A rule is one line
 * or several of one name, each of which is a part of the patch:
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

enum { LINE_NAME_MAX = 100 /* bytes of DATASET */, LINE_WEIGHT = 50, RULES_WEIGHT_MAX = 350000 };

struct rule_line {
	char *text;       /* as read, without newline */
	char *fields;     /* a copy, into which the strings below point */
	const char *name; /* DATASET */
	const char *pattern_text;
	const char *key;   /* template: \1 to \9 are captures, \\ a backslash */
	const char *label; /* what stands before LIST: a template if `labelled`, else text */
	const char *list;  /* LIST; "" if it is a template and so the label */
	uint64_t count;    /* COUNT */

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
	uint64_t files; /* that it has taken: groups.h counts */
};

struct rule {
	const char *name;
	struct rule_line **line;
	size_t line_count;
	uint64_t count;  /* groups in the published dataset, 0: not known */
	uint64_t listed; /* groups that were found: the command counts */

	size_t files; /* of a complete group; of no use if `open` */
	bool open;    /* how many files a group has is not known before the end */
};

struct rules {
	struct rule **rule;
	size_t count, weight;
};

/* Parses the lines of a rule file and appends its rules; blank lines and lines that start with
 * '#' are skipped. Lines of one name are one rule, also across files; a duplicate line is an error.
 * Returns 0, or -1 with the reason, which begins with `path` and the line's number. rules_free in
 * either case. */
int
rules_parse(struct rules *rules, const char *path, const char *text, size_t len, struct error *why);

/* The built-in rules: lines as in a rule file, in the order in which they are tried; NULL ends. */
extern const char *const builtin_rules[];

/* Appends the built-in rules, but those whose name is there already. Returns 0, or -1. */
int rules_add_builtin(struct rules *rules, struct error *why);

/* Whether `dataset` selects the rule: its name, or the part of it before a '-'. */
bool rule_selected(const struct rule *r, const char *dataset);

void rules_free(struct rules *rules);

/* ---- lines (line.c) ---- */

/* Parses one line. NULL with the reason if it is bad. The caller frees with line_free. */
struct rule_line *line_parse(const char *text, size_t len, struct error *why);

/* The position of a band (not NUL-terminated) in l->bands, or -1. */
long line_band(const struct rule_line *l, const char *name, size_t len);

/* These enclose the text whose rank a label asks for (\#N), until all files of the group are
 * known. No name of a tensor may contain them. */
enum { LABEL_RANK = '\x01', LABEL_RANK_END = '\x02' };

/* Appends the text of a template for a match. */
void line_expand(const char *template, const struct regex_match *m, struct buf *out);

/* Appends the NAMES of a file, rsenc-groups(5): `label` is what the label's template made of it,
 * `band` its position in l->bands (0 if it holds all). */
void line_names(const struct rule_line *l, const char *label, size_t band, struct buf *out);

void line_free(struct rule_line *l);

#endif
