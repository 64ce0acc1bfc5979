#ifndef RSENC_STORE_CHECKPOINT_H
#define RSENC_STORE_CHECKPOINT_H

#include "base/error.h"
#include "store/state.h"
#include "store/txn.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * When what a load commits reaches the disk.
 *
 * A database that existed before is synced at every batch, by LMDB. A new one, which nobody else
 * sees, is synced at checkpoints, every 128 MiB: then the meta page of that moment is written into
 * the marker. What LMDB reads at such a moment stays untouched as long as a reader of it exists, so
 * one is held until the next checkpoint is on the disk. Checkpoints come at places that the records
 * alone decide, and so does what is in the file. Between them the system is asked to begin writing,
 * so that a sync finds little left to do.
 */

struct checkpoints {
	struct txn *txn;
	struct marker *marker;
	bool unsynced; /* batches are not synced */
	bool failed;   /* a sync failed: what came after the last checkpoint may be lost */

	/* Private. */
	uint64_t begun;         /* bytes of the file whose writing was begun */
	uint64_t committed;     /* txn->written at the last checkpoint */
	uint64_t commits;       /* and txn->commits */
	MDB_txn *before, *last; /* readers of the last two checkpoints */
};

/* Decides whether batches are synced, and writes it into the marker before the first one: they are
 * unless the database is `fresh`, and where `sync` asks for it. Returns 0, or -1 with the reason;
 * checkpoint_end in either case. */
int checkpoint_begin(struct checkpoints *c, struct txn *txn, struct marker *marker, bool fresh,
    bool sync, struct error *why);

/* To be called when a batch was committed (the next may be begun): begins to write, and makes a
 * checkpoint when it is time. Returns 0, or -1 with the reason. */
int checkpoint_committed(struct checkpoints *c, struct error *why);

/* Syncs all that is committed. A sync that failed is never tried again. Returns 0, or -1 with the
 * reason. */
int checkpoint_sync(struct checkpoints *c, struct error *why);

/* Ends the readers. The environment must still be open. */
void checkpoint_end(struct checkpoints *c);

#endif
