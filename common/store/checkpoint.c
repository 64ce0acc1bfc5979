#ifdef __linux__
#define _GNU_SOURCE /* sync_file_range */
#endif

#include "store/checkpoint.h"

#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

/* A checkpoint after so many bytes or so many batches, whichever comes first; rsenc-load(1)
 * promises the first. 625 MB on a disk that takes 1.6 GB/s, medians of 5 interleaved rounds:
 * neither checkpoints nor hints 449 ms, hints alone 303, both 309 (checkpoints every 256 MiB: 295,
 * 512 MiB: 308); cat and sync 386. */
#define CHECKPOINT_EVERY (128 * MIB)
enum { CHECKPOINT_BATCHES = 128 };

/* Of 2, 8 and 32 MiB, 8 was best on ext4 and xfs alike. */
#define HINT_EVERY (8 * MIB)

/* ---- checkpoints ---- */

/* For a new database the marker says so, and keeps its last checkpoint. */
static int
explain_sync(struct checkpoints *c, int rc, struct error *why)
{
	lmdb_explain(why, rc, "syncing");
	if (!c->unsynced)
		return -1;
	c->failed = true;
	marker_write(c->marker, SYNCED_FAILED, NULL);
	error_append(why, "; patches that were stored after the last checkpoint may be lost, and "
	                  "the next load returns to that checkpoint");
	return -1;
}

int
checkpoint_sync(struct checkpoints *c, struct error *why)
{
	int rc;
	if (c->failed)
		return error_set(why, "a sync failed before");
	do {
		rc = fdatasync(c->txn->fd);
	} while (rc != 0 && errno == EINTR);
	return rc == 0 ? 0 : explain_sync(c, errno, why);
}

static int
hold_reader(struct checkpoints *c, MDB_txn **txn, struct error *why)
{
	int rc = mdb_txn_begin(c->txn->env, NULL, MDB_RDONLY, txn);
	if (rc == 0)
		return 0;
	*txn = NULL;
	return lmdb_explain(why, rc, "holding a checkpoint");
}

/* The map may have been replaced since the reader began, which LMDB forbids where a reader looks at
 * it. This one never does: only its place in the lock file is meant, and given back here. */
static void
release_reader(MDB_txn **txn)
{
	if (*txn)
		mdb_txn_abort(*txn);
	*txn = NULL;
}

static int
make_checkpoint(struct checkpoints *c, struct error *why)
{
	struct saved_meta meta;
	release_reader(&c->before);
	c->before = c->last;
	if (hold_reader(c, &c->last, why) != 0 || lmdb_meta_save(c->txn->fd, &meta, why) != 0 ||
	    checkpoint_sync(c, why) != 0)
		return -1;
	c->committed = c->txn->written;
	c->commits = c->txn->commits;
	c->marker->checkpoint = meta;
	return marker_write(c->marker, SYNCED_NO, why);
}

/* ---- hints ---- */

/* Begins to write what was added to the end of the file. It is a hint: it makes nothing durable,
 * and what fails is left to the sync. Pages that were changed in their places will be changed
 * again. */
static void
hint(struct checkpoints *c)
{
	uint64_t end = (c->txn->last_page + 1) * c->txn->page;
	if (end < c->begun + HINT_EVERY)
		return;
#ifdef __linux__
	sync_file_range(
	    c->txn->fd, (off_t)c->begun, (off_t)(end - c->begun), SYNC_FILE_RANGE_WRITE);
#endif
	c->begun = end;
}

int
checkpoint_committed(struct checkpoints *c, struct error *why)
{
	const struct txn *t = c->txn;
	if (!c->unsynced)
		return 0;
	hint(c);
	bool due = t->written - c->committed >= CHECKPOINT_EVERY ||
	           t->commits - c->commits >= CHECKPOINT_BATCHES;
	return due ? make_checkpoint(c, why) : 0;
}

/* ---- beginning, ending ---- */

/* A new database is resumed: what an earlier load left must become a checkpoint before anything of
 * it is used again, for the one that it had made is held by nobody. */
static int
take_over(struct checkpoints *c, struct error *why)
{
	if (!c->marker->synced && checkpoint_sync(c, why) != 0)
		return -1;
	if (hold_reader(c, &c->last, why) != 0)
		return -1;
	return lmdb_meta_save(c->txn->fd, &c->marker->checkpoint, why);
}

int
checkpoint_begin(struct checkpoints *c, struct txn *txn, struct marker *marker, bool fresh,
    bool sync, struct error *why)
{
	*c = (struct checkpoints){
	    .txn = txn, .marker = marker, .begun = (txn->last_page + 1) * txn->page};
	c->unsynced = fresh && !sync && claim_knows_boot();
	if (fresh && marker->found && take_over(c, why) != 0)
		return -1;
	if (!c->unsynced)
		release_reader(&c->last);
	int rc = mdb_env_set_flags(txn->env, MDB_NOSYNC, c->unsynced);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	return marker_write(marker, c->unsynced ? SYNCED_NO : SYNCED_YES, why);
}

void
checkpoint_end(struct checkpoints *c)
{
	release_reader(&c->before);
	release_reader(&c->last);
}
