#ifndef RSENC_CMD_DATASETS_H
#define RSENC_CMD_DATASETS_H

#include "base/buf.h"
#include "scan/groups.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rules of a dataset, and the report of a scan, for rsenc-scan and rsenc-untar. All zero, then
 * datasets_read_rules for each -f, then datasets_ready. */

struct datasets {
	struct rules rules;
	const struct rule **selected;
	size_t selected_count;
	bool check, ignore_incomplete;
	uint64_t incomplete; /* patches that were ignored */

	struct buf options; /* private: the -f that were given, as words for sh */
	/* The rules and the dataset as words of a command line, for messages with a command. */
	struct buf arguments;
};

/* Rows of the option table (process/options.h). */
#define DATASETS_OPTIONS(d)                                                                        \
	{'c', "check", NULL, "fail if the number of patches is not the published one",             \
	    .flag = &(d)->check},                                                                  \
	    {'f', "rules", "RULES", "read rules from a file, tried before the built-in ones",      \
	        .take = datasets_read_rules, .context = (d)},                                      \
	{                                                                                          \
		'I', "ignore-incomplete", NULL, "count incomplete patches; they are not an error", \
		    .flag = &(d)->ignore_incomplete                                                \
	}

void datasets_read_rules(void *datasets, const char *option, const char *path);

/* Adds the built-in rules. */
void datasets_ready(struct datasets *d);

/* Selects the rules of that name, or all of them for NULL. There may be none. */
void datasets_select(struct datasets *d, const char *dataset);

/* Wrong usage: there are none. `next` is the operand after the dataset, NULL if there is none, or
 * "" if the dataset cannot have been omitted. */
_Noreturn void datasets_unknown(struct datasets *d, const char *dataset, const char *next);

/* Reports a bad group, or counts it if it may be ignored. Returns whether it is an error. */
bool datasets_report_bad(struct datasets *d, const struct assembled *g);

/* Reports what was found in all. The number of groups is compared with the published one if it is
 * to be checked, and is reported with `verbose`. */
void
datasets_report_end(const struct datasets *d, const struct groups_counts *counts, bool verbose);

/* Reports that `where` contains no patch. `example` is the path of a TIFF file that is there, or
 * NULL. */
void datasets_say_nothing(
    const struct datasets *d, const char *dataset, const char *where, const char *example);

#endif
