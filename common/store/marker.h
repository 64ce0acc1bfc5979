#ifndef RSENC_STORE_MARKER_H
#define RSENC_STORE_MARKER_H

#include "base/error.h"
#include "store/lmdb_format.h"

#include <stdbool.h>

/*
 * The file `incomplete` beside a database: it exists while a load has not ended properly, and is
 * locked (fcntl) by the loader while that runs. Of a new database, which is loaded without syncs
 * between checkpoints (checkpoint.h), it says what the disk is sure to hold:
 *
 *     boot 6f0c2c9e-...        the boot of the machine on which it was loaded,
 *     mount 2147483731         and the mount of its file system
 *     synced no
 *     checkpoint dec0efbe01... the meta page of the last checkpoint, in hexadecimal digits
 *
 * What was not synced may be lost when the machine went down since then, when its file system was
 * mounted again (the disk or the server was away), or when a sync failed ("synced failed"): the
 * system drops what it could not write, and a second sync succeeds without it. The file then
 * returns to its checkpoint.
 */

enum marker_synced { SYNCED_NO, SYNCED_YES, SYNCED_FAILED };

struct marker {
	int fd;
	bool made;  /* by marker_lock */
	bool found; /* an earlier load was interrupted; what it left is described by: */
	bool synced;
	bool unsafe; /* what it committed after the checkpoint may not be what the disk holds */
	bool old;    /* an earlier version of rsenc wrote it, which loaded into data.mdb unsynced */
	struct saved_meta checkpoint;
};

/* Creates the file, or takes that of an interrupted load, and locks it. Returns 0, or -1 with the
 * reason, also when another process holds it. End with marker_remove or marker_unlock. Until then
 * nothing else in this process may open and close the file: that would drop the lock. */
int marker_lock(struct marker *m, const char *path, struct error *why);

/* True if the machine has a boot id: without one there can't be an unsynced load. */
bool marker_knows_boot(void);

/* Writes, durably, whether batches are synced from now on, or that a sync failed; and m->checkpoint
 * if there is one, unless all is synced. Returns 0, or -1 with the reason. */
int marker_write(struct marker *m, enum marker_synced synced, struct error *why);

/* True if the file that is held still is what the path names: nobody has removed it. */
bool marker_is_ours(const struct marker *m, const char *path);

/* Removes the file, if it still is ours, and unlocks it; the caller syncs the directory. Returns 0,
 * or -1 with the reason. */
int marker_remove(struct marker *m, const char *path, struct error *why);

/* Unlocks the file, which stays. */
void marker_unlock(struct marker *m);

/* Reads the file, if there is one, without holding it: m->found tells. Returns whether a process of
 * this machine holds it. Not for a process that itself does. */
bool marker_inspect(struct marker *m, const char *path);

/* The id of the running boot; "unknown" where there is none. Lives for ever. */
const char *marker_boot(void);

#endif
