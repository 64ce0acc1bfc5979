#ifndef RSENC_SCAN_SCAN_H
#define RSENC_SCAN_SCAN_H

#include "base/source.h"
#include "scan/groups.h"
#include "scan/rules.h"

#include <stddef.h>
#include <stdint.h>

/* Directories, archives and rules to groups, for rsenc-scan and rsenc-untar; prints nothing. */

enum scan_what {
	SCAN_END,
	SCAN_GROUP,   /* a group: complete, or with the reason why it is not to be listed */
	SCAN_PROBLEM, /* something is wrong with what lies at `path` */
	SCAN_DAMAGE,  /* the same; what follows it in the archive is lost */
	SCAN_EMPTY,   /* in the directory `path` no line has taken a file */
	SCAN_STEP     /* now and then, at least once per directory */
};

/* Valid until the next call of scan_next. */
struct scan_item {
	const struct assembled *group; /* SCAN_GROUP */
	const char *path, *why;        /* SCAN_PROBLEM, SCAN_DAMAGE, SCAN_EMPTY */
};

struct scan;

/* A scan of `dirs` (NULL-terminated) with at most `jobs` threads, 0: as many as help. All that is
 * given must outlive it. Groups come in the order of the walk. Memory grows by 12 bytes per group,
 * and by the files that wait (pending.h).
 *
 * With a `source` it is one of a tar archive, which messages call dirs[0] and which is read once,
 * from front to back, with its files in memory: those that wait for others may take max_memory
 * bytes. After damage, incomplete groups are not reported: what the rest of the archive holds is
 * not known. */
struct scan *scan_new(const struct rule *const *rules, size_t count, char *const *dirs,
    unsigned jobs, struct source *source, uint64_t max_memory);

enum scan_what scan_next(struct scan *s, struct scan_item *item);

struct groups_counts scan_counts(const struct scan *s);

void scan_free(struct scan *s);

#endif
