#ifndef RSENC_SCAN_RULES_H
#define RSENC_SCAN_RULES_H

#include "base/error.h"
#include "scan/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rules that say which files make up the patches of a dataset, rsenc-rules(5). A rule is one line
 * or several of one name, each of which is a part of the patch (line.h).
 *
 * Datasets are data: the built-in rules are lines of the same form.
 */

enum { RULE_LINES_MAX = 1000 };

struct rule {
	const char *name;
	struct rule_line **line;
	size_t line_count;
	uint64_t count; /* groups in the published dataset, 0: not known */

	size_t files; /* of a complete group; of no use if `open` */
	bool open;    /* how many files a group has is not known before the end */
	bool clash;   /* two lines may give the same tensor name */
};

struct rules {
	struct rule **rule;
	size_t count;
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

#endif
