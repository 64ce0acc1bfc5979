#ifndef RSENC_SCAN_WALK_H
#define RSENC_SCAN_WALK_H

#include "base/error.h"
#include "scan/found.h"

/*
 * Visits a tree of directories, each directory's entries in bytewise order. Symbolic links are
 * followed; one that leads back to a directory that contains it is a loop, reported and not
 * followed.
 *
 * Threads list directories ahead of the visit, which stays in the calling thread and in the same
 * order: that hides the latency of disks and network file systems.
 */

struct walk;

/* A walk through `root`, with at most `jobs` threads in all, 0: as many as help. NULL with the
 * reason. */
struct walk *walk_new(const char *root, unsigned jobs, struct error *why);

enum found_what walk_next(struct walk *w, struct found *f);

void walk_free(struct walk *w);

#endif
