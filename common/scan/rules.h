#ifndef RSENC_SCAN_RULES_H
#define RSENC_SCAN_RULES_H

#include "base/error.h"
#include "scan/pattern.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rules that say which files make up the patches of a dataset, rsenc-scan(1). One line a rule:
 *
 *     DATASET <TAB> PATTERN <TAB> KEY <TAB> TENSORS <TAB> COUNT
 *
 * Datasets are data: the built-in rules are lines of the same form.
 */

struct rule_band {
	const char *name;
	size_t index; /* in rule.bands */
};

struct rule {
	char *line;       /* as read, without newline; the strings below point into a copy */
	char *fields;     /* that copy */
	const char *name; /* DATASET */
	const char *pattern_text;
	const char *key;     /* template: \1 to \9 are captures, \\ a backslash */
	const char *tensors; /* LIST as written */
	uint64_t count;      /* groups in the published dataset, 0: not known */

	struct pattern pattern;
	struct names bands;       /* LIST expanded */
	struct rule_band *sorted; /* the same, in order of name */
	unsigned capture;         /* that names the band of a file; 0: one file holds all bands */
	unsigned levels; /* how far above a file's directory lies the one that holds all files
	                     * of its group */
};

struct rules {
	struct rule **rule;
	size_t count;
};

/* Parses the lines of a rule file and appends its rules; blank lines and lines that start with
 * '#' are skipped. A name that is already there is an error. Returns 0, or -1 with the reason,
 * which names the line. rules_free in either case. */
int rules_parse(struct rules *rules, const char *text, size_t len, struct error *why);

/* Appends the built-in rules, but those whose name is there already. Returns 0, or -1. */
int rules_add_builtin(struct rules *rules, struct error *why);

/* Whether `dataset` selects the rule: its name, or the part of it before a '-'. */
bool rule_selected(const struct rule *r, const char *dataset);

/* The position of a band (not NUL-terminated) in r->bands, or -1. */
long rule_band(const struct rule *r, const char *name, size_t len);

/* Writes the key of a match to `key`, which has room for `size` bytes. Returns its length, which
 * may be larger than size: then the key was cut. */
size_t rule_key(const struct rule *r, const struct pattern_match *m, char *key, size_t size);

void rules_free(struct rules *rules);

#endif
