#ifndef RSENC_CMD_SKIP_SUMMARY_H
#define RSENC_CMD_SKIP_SUMMARY_H

#include "base/error.h"

#include <stdint.h>

/*
 * Counts the patches that were skipped, by the kind of their error: a run that continues past bad
 * patches may print more lines of errors than anyone reads.
 */

enum { SKIP_KINDS = 48 }; /* further kinds are counted as "other" */

struct skip_summary {
	const char *kind[SKIP_KINDS]; /* see error_kind */
	uint64_t count[SKIP_KINDS];
	uint64_t total;
};

void skip_summary_add(struct skip_summary *s, const struct error *why);

/* Prints one line if any patch was skipped: "skipped 31 of 4000 patches: 20 Git LFS pointers, 11
 * truncated". */
void skip_summary_print(const struct skip_summary *s, uint64_t patches);

#endif
