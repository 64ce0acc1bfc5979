#ifndef RSENC_STORE_INCOMPLETE_H
#define RSENC_STORE_INCOMPLETE_H

#include "base/error.h"

#include <stdbool.h>

/*
 * The file `incomplete` beside a database: it lies there while a load has not ended properly, and
 * is locked (fcntl) by the loader while that runs. It says whether what was committed was synced
 * to disk, and during which boot of the machine:
 *
 *     boot 6f0c2c9e-...
 *     synced no
 *
 * What was not synced is lost or torn when the machine went down since then. It is as well when a
 * sync failed ("synced failed"): the system has dropped what it could not write, and a second sync
 * succeeds without it.
 */

struct incomplete {
	int fd;
	bool found;  /* an earlier load was interrupted */
	bool synced; /* that load, or since incomplete_write this one */
	bool lost;   /* what that load committed may not be what the disk holds */
};

enum incomplete_synced { SYNCED_NO, SYNCED_YES, SYNCED_FAILED };

enum incomplete_state {
	INCOMPLETE_NONE,
	INCOMPLETE_LOADING, /* a loader is at work */
	INCOMPLETE_ENDED,   /* a load was interrupted; what it committed is whole */
	INCOMPLETE_LOST     /* what it committed may not be: a reboot, or a sync that failed */
};

/* Creates the file, or takes over that of an interrupted load, and locks it. Returns 0, or -1 with
 * the reason, also when another process holds it. End with incomplete_remove or
 * incomplete_release. Until then nothing else in this process may open and close the file: that
 * would drop the lock. */
int incomplete_take(struct incomplete *i, const char *path, struct error *why);

/* True if the machine has a boot id: without one there can't be an unsynced load. */
bool incomplete_knows_boot(void);

/* Writes down, durably, whether batches are synced from now on, or that a sync failed. Returns 0,
 * or -1 with the reason. */
int incomplete_write(struct incomplete *i, enum incomplete_synced synced, struct error *why);

/* Removes the file and unlocks it; the caller syncs the directory. Returns 0, or -1 with the
 * reason. */
int incomplete_remove(struct incomplete *i, const char *path, struct error *why);

/* Unlocks the file, which stays. */
void incomplete_release(struct incomplete *i);

/* What the file tells about a database. Not for a process that holds it. */
enum incomplete_state incomplete_look(const char *path);

#endif
