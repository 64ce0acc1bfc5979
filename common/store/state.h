#ifndef RSENC_STORE_STATE_H
#define RSENC_STORE_STATE_H

#include "base/error.h"
#include "store/lmdb_format.h"
#include "store/paths.h"
#include "store/reader.h"

#include <stdbool.h>
#include <stdint.h>

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
	bool found; /* an earlier load was interrupted; these describe its state: */
	bool synced;
	bool unsafe; /* its commits after the checkpoint may not be on the disk */
	struct saved_meta checkpoint;
};

/* Reads the file, which may be absent. The path must outlive the marker. */
void marker_read(struct marker *m, const char *path);

/* Writes, durably, whether batches are synced from now on, or that a sync failed; and
 * m->checkpoint if there is one, unless all is synced. Only the holder of the claim may call it.
 * Returns 0, or -1 with the reason. */
int marker_write(struct marker *m, enum marker_synced synced, struct error *why);

/* In which state the files of a database are, for those who read it and those who load into it. */

enum store_state {
	STORE_ABSENT,
	STORE_COMPLETE,
	STORE_INTERRUPTED, /* a load did not end; what it committed is there */
	STORE_TORN,        /* the same, but what came after its last checkpoint may not be */
	STORE_REFUSED      /* with the reason: the state cannot be known */
};

/* Looks at the files; *file is that with the records, NULL if there is none. The reason is set with
 * all but STORE_COMPLETE and STORE_INTERRUPTED, and names the remedy. */
enum store_state store_inspect(const struct store_paths *p, const struct marker *m,
    const struct store_file **file, struct error *why);

/* Opens a database for reading, a directory or a single file. Returns 0; 1 if there is none (with
 * a reason too); -1 with the reason. *warning becomes a message for the user (a load is running,
 * or was interrupted), or "". */
int store_open(const char *path, struct store **out, struct error *warning, struct error *why);

/* Returns a torn database to its last checkpoint, for the holder of the claim; *records is how
 * many records that had. Where there was none yet the file is removed. Returns STORE_INTERRUPTED
 * or STORE_ABSENT; STORE_REFUSED with the reason. */
enum store_state
store_recover(const struct store_paths *p, struct marker *m, uint64_t *records, struct error *why);

#endif
