#ifndef RSENC_STORE_INCOMPLETE_H
#define RSENC_STORE_INCOMPLETE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The file `incomplete` beside a database: it lies there while a load has not ended properly, and
 * is locked (fcntl) by the loader while that runs. It says whether what was committed was synced
 * to disk, and during which boot of the machine:
 *
 *     boot 6f0c2c9e-...
 *     synced no
 *     point dec0efbe01000000...
 *
 * What was not synced is lost or torn when the machine went down since then, but for what had reached
 * the disk when the point was written: its meta page (pages.h), in hexadecimal digits. A load goes
 * back to that one. Without a point, or when a sync failed ("synced failed"), all is lost: the system
 * has dropped what it could not write, and a second sync succeeds without it.
 */

enum { POINT_SIZE = 160 }; /* bytes of a point, at most: the file stays within a sector of 512 */

struct point {
	unsigned char bytes[POINT_SIZE];
	size_t len; /* 0: there is none */
};

struct incomplete {
	int fd;
	bool found;     /* an earlier load was interrupted */
	bool synced;    /* that load, or since incomplete_write this one */
	bool lost;      /* what that load committed may not be what the disk holds */
	bool goes_back; /* but what it had committed at the point is */
	struct point point;
};

enum incomplete_synced { SYNCED_NO, SYNCED_YES, SYNCED_FAILED };

enum incomplete_state {
	INCOMPLETE_NONE,
	INCOMPLETE_LOADING, /* a loader is at work */
	INCOMPLETE_ENDED,   /* a load was interrupted; what it committed is whole */
	INCOMPLETE_BACK,    /* what it committed up to the point is: a reboot */
	INCOMPLETE_LOST     /* what it committed may not be: a reboot, or a sync that failed */
};

/* Creates the file, or takes over that of an interrupted load, and locks it. Returns 0, or -1 with
 * the reason, also when another process holds it. End with incomplete_remove or
 * incomplete_release. Until then nothing else in this process may open and close the file: that
 * would drop the lock. */
int incomplete_take(struct incomplete *i, const char *path, struct error *why);

/* True if the machine has a boot id: without one there can't be an unsynced load. */
bool incomplete_knows_boot(void);

/* Writes down, durably, whether batches are synced from now on, or that a sync failed; with
 * SYNCED_NO also i->point, if there is one. Returns 0, or -1 with the reason. */
int incomplete_write(struct incomplete *i, enum incomplete_synced synced, struct error *why);

/* True if the file that is held still is what the path names: nobody has removed it. */
bool incomplete_is_ours(const struct incomplete *i, const char *path);

/* Removes the file, if it still is ours, and unlocks it; the caller syncs the directory. Returns 0,
 * or -1 with the reason. */
int incomplete_remove(struct incomplete *i, const char *path, struct error *why);

/* Unlocks the file, which stays. */
void incomplete_release(struct incomplete *i);

/* What the file tells about a database. Not for a process that holds it. */
enum incomplete_state incomplete_look(const char *path);

#endif
