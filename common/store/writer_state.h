#ifndef RSENC_STORE_WRITER_STATE_H
#define RSENC_STORE_WRITER_STATE_H

#include "base/buf.h"
#include "store/checkpoint.h"
#include "store/claim.h"
#include "store/marker.h"
#include "store/paths.h"
#include "store/txn.h"
#include "store/write_buffer.h"
#include "store/writer.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* What writer.c (opening, records) and writer_end.c share. */

struct writer {
	struct store_paths paths;
	const struct store_file *file; /* of the paths: where records go */
	struct marker marker;
	struct claim claim;
	struct txn txn;
	struct checkpoints checkpoints;
	struct write_buffer buffer;
	uint64_t commits; /* of txn, as of the last look at whether a checkpoint is due */
	bool replace, skip;
	bool buffering;      /* the record at hand goes there */
	uint64_t skipped;    /* of those that were buffered */
	struct buf conflict; /* a key of theirs that was stored already */
	bool made_directory, made_data, made_lock;
	bool synced;    /* everything is on the disk, and LMDB is closed */
	bool published; /* everything is stored and has its name; only the marker may be left */
	struct stat directory,
	    data; /* which they are: others may remove them, and make their own */
};

/* Stores what was buffered. Returns 0, or -1 with the reason: w->conflict if that is a key that is
 * stored already. */
int writer_flush(struct writer *w, struct error *why);

/* Whether the files that were opened still are those that the path names, and nobody else has
 * claimed them. Returns 0, or -1 with the reason. */
int writer_check_ours(const struct writer *w, struct error *why);

#endif
