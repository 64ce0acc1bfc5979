#ifndef RSENC_BASE_ATOMIC_FILE_H
#define RSENC_BASE_ATOMIC_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A file that is complete or absent: written under a temporary name beside its place, then renamed.
 * Of two writers of one file the later one's stays.
 */

struct atomic_file {
	int fd;                             /* to write to; -1: not begun, or ended */
	char *path, *directory, *temporary; /* private */
};

/*
 * Begins the file `path`. The temporary name, ".NAME.HOST.PID.TIME.tmp", is no other writer's, on
 * whatever machine; a long NAME is cut. Returns 0, or -1 with the reason (without the path); then
 * there is nothing to end.
 */
int atomic_file_begin(struct atomic_file *f, const char *path, struct error *why);

/* Puts the file in its place, and replaces a file that is there (a symbolic link itself, not its
 * target); with `durable` it is on the disk, under its name, when this returns. Returns 0, or -1
 * with the reason; then nothing is left of it. */
int atomic_file_commit(struct atomic_file *f, bool durable, struct error *why);

/* Leaves nothing of it. Harmless when it is not begun, or ended. */
void atomic_file_abandon(struct atomic_file *f);

/* Begins, writes and commits a file of these bytes. Returns 0, or -1 with the reason (without the
 * path). */
int
atomic_file_write(const char *path, const void *bytes, size_t len, bool durable, struct error *why);

/* Removes what dead writers of `path` on this machine have left. Those of other machines can't be
 * told from living ones, and stay. */
void atomic_file_clean(const char *path);

#endif
