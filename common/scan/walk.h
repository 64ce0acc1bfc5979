#ifndef RSENC_SCAN_WALK_H
#define RSENC_SCAN_WALK_H

#include "scan/directory.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Visits a tree of directories, each directory's entries in bytewise order. Symbolic links are
 * followed; one that leads back to a directory it lies in is a loop, reported and not followed.
 * With several threads directories are listed ahead of the visit, which stays in the calling
 * thread and in the same order: that hides the latency of network filesystems.
 */

/* What to do on the way; each gets `context`. bool ones return false to end the walk. */
struct walk {
	void *context;

	/* Whether a file of that name is of interest. Called by any thread. */
	bool (*wanted)(const char *name);

	/* A regular file (or a link to one). `real` is its real path if it is a link, else NULL. */
	bool (*file)(
	    void *context, const struct directory *dir, const char *name, const char *real);

	/* All of dir, with what lies below it, was visited. */
	bool (*leave)(void *context, const struct directory *dir);

	/* Something could not be read. May be NULL. */
	void (*fail)(void *context, const char *path, const char *why);

	/* The visit has been waiting for a listing: time to flush. May be NULL. */
	void (*idle)(void *context);
};

/* Visits `root` with `jobs` threads in all. Returns 1 when it came to the end, 0 when a callback
 * ended it, -1 when there is no memory. */
int walk_run(const struct walk *w, const char *root, unsigned jobs);

#endif
