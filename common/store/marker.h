#ifndef RSENC_STORE_MARKER_H
#define RSENC_STORE_MARKER_H

#include "base/error.h"
#include "store/lmdb_format.h"

#include <stdbool.h>

/*
 * The file `incomplete` beside a database: it exists while a load has not ended properly. Of a new
 * database, which is loaded without syncs between checkpoints (checkpoint.h), it says what the disk
 * is sure to hold:
 *
 *     boot 6f0c2c9e-...        the boot of the machine on which it was loaded,
 *     mount 2147483731         and the mount of its file system
 *     synced no
 *     checkpoint dec0efbe01... the meta page of the last checkpoint, in hexadecimal digits
 *
 * What was not synced may be lost when the machine went down, when its file system was mounted
 * again, or when a sync failed ("synced failed"): the system drops what it could not write, and a
 * second sync succeeds without it. The file then returns to its checkpoint.
 */

enum marker_synced { SYNCED_NO, SYNCED_YES, SYNCED_FAILED };

struct marker {
	const char *path;
	bool found; /* an earlier load was interrupted; what it left is described by: */
	bool synced;
	bool unsafe; /* what it committed after the checkpoint may not be what the disk holds */
	struct saved_meta checkpoint;
};

/* Reads the file, which may be absent. The path must outlive the marker. */
void marker_read(struct marker *m, const char *path);

/* Writes, durably, whether batches are synced from now on, or that a sync failed; and m->checkpoint
 * if there is one, unless all is synced. Only who holds the claim may do so. Returns 0, or -1 with
 * the reason. */
int marker_write(struct marker *m, enum marker_synced synced, struct error *why);

#endif
