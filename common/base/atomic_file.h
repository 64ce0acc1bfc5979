#ifndef RSENC_BASE_ATOMIC_FILE_H
#define RSENC_BASE_ATOMIC_FILE_H

#include "base/error.h"

#include <stdbool.h>

/*
 * A file that is there whole or not at all: written under a temporary name of its own beside the
 * place where it belongs, then renamed. Two writers of one file do not meet: the later one's stays.
 */

struct atomic_file {
	int fd;                             /* to write to; -1: it is not begun, or over */
	char *path, *directory, *temporary; /* private */
};

/*
 * Begins the file `path`. The temporary name, ".NAME.HOST.PID.TIME.tmp", is no other writer's, on
 * whatever machine; NAME is cut where the whole would be too long. Returns 0, or -1 with the reason
 * (the path is not in it); then there is nothing to end.
 */
int atomic_file_begin(struct atomic_file *f, const char *path, struct error *why);

/* Puts the file in its place, whatever was there (a symbolic link itself, not what it points to);
 * with `durable` it is on the disk, under its name, when this returns. Returns 0, or -1 with the
 * reason; then nothing is left of it. */
int atomic_file_commit(struct atomic_file *f, bool durable, struct error *why);

/* Leaves nothing of it. Harmless when it is not begun, or over. */
void atomic_file_abandon(struct atomic_file *f);

/* Removes what writers of `path` on this machine have left that are no more alive: killed, or by a
 * power cut. Those of other machines can't be told from living ones, and stay. */
void atomic_file_clean(const char *path);

#endif
