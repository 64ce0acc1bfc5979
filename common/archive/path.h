#ifndef RSENC_ARCHIVE_TAR_PATH_H
#define RSENC_ARCHIVE_TAR_PATH_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Names of members as paths below one directory, as they would be unpacked: "./a//b" and "/a/b" are
 * both "a/b".
 */

/* Replaces `path` by that of a member: NUL-terminated, len without the NUL, not empty, no slash at
 * either end. A name that leads out by ".." is refused, as tar does, even where it leads in again.
 * Returns 0, or -1 with the reason. */
int tar_path(const char *name, struct buf *path, struct error *why);

/* Replaces `path` by where a symbolic link, whose own path is `from`, leads to; an absolute one is
 * taken to start at the top of the archive. The top itself is empty. Returns 0, or -1 with the
 * reason: it leads out. */
int tar_link_path(const char *from, const char *link, struct buf *path, struct error *why);

#endif
