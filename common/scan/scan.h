#ifndef RSENC_SCAN_SCAN_H
#define RSENC_SCAN_SCAN_H

#include "base/error.h"
#include "scan/assemble.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Directories and rules to groups, each key once: what rsenc-scan does, but for the printing. */

struct scan_events {
	void *context;

	/* A group to be listed. `rule` is its rule's number. */
	void (*group)(void *context, const struct assembled *g, size_t rule);

	/* Something is wrong with what lies at `path`; `key` is NULL if it is not about a group. A
	 * group that was named here is not listed. */
	void (*problem)(void *context, const char *key, const char *path, const char *why);

	/* One of the directories is done. files[i] is how many files in it line i has taken, in the
	 * order of the rules and their lines. `empty`: none, and nothing was said of it. */
	void (*dir)(void *context, const char *dir, const uint64_t *files, bool empty);

	/* Called now and then, at least once a directory. False ends the scan. */
	bool (*step)(void *context);

	/* The scan has been waiting for a directory: time to flush. */
	void (*idle)(void *context);
};

struct scan_result {
	struct assemble_counts counts;
	uint64_t bad_groups; /* not listed */
	char *example;       /* path of the first file seen, NULL: none. The caller frees it. */
};

/* Scans `dirs` (NULL-terminated) with `jobs` threads. Groups come in the order of the walk; one
 * whose key was there before is reported with both paths at the end, for which the trees are
 * walked once more. Memory grows by 12 bytes a group, and by what waits (unfinished.h). Returns 1 when all is done, 0 when step
 * ended it, -1 with the reason when there is no memory. */
int scan_run(const struct rule *const *rules, size_t count, char *const *dirs, unsigned jobs,
    const struct scan_events *events, struct scan_result *result, struct error *why);

#endif
