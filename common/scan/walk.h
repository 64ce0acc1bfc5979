#ifndef RSENC_SCAN_WALK_H
#define RSENC_SCAN_WALK_H

#include "base/error.h"
#include "scan/directory.h"

#include <stdbool.h>

/*
 * Visits a tree of directories, each directory's entries in bytewise order. Symbolic links are
 * followed; one that leads back to a directory that contains it is a loop, reported and not
 * followed.
 *
 * Threads list directories ahead of the visit, which stays in the calling thread and in the same
 * order: that hides the latency of disks and network file systems.
 */

enum walk_what {
	WALK_END,
	WALK_FILE,   /* a regular file, or a link to one */
	WALK_LEAVE,  /* all of `dir`, with what lies below it, was visited */
	WALK_PROBLEM /* something could not be read */
};

/* Valid until the next call of walk_next. */
struct walk_item {
	const struct directory *dir;
	const char *name;
	const char *real;       /* WALK_FILE: its real path if it is a link, else NULL */
	const char *path, *why; /* WALK_PROBLEM */
};

struct walk;

/* A walk through `root`, with at most `jobs` threads in all, 0: as many as help. Files count if
 * `wanted`, which is called by any thread, says so of their name. NULL with the reason. */
struct walk *
walk_new(const char *root, unsigned jobs, bool (*wanted)(const char *name), struct error *why);

enum walk_what walk_next(struct walk *w, struct walk_item *item);

void walk_free(struct walk *w);

#endif
