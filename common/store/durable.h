#ifndef RSENC_STORE_DURABLE_H
#define RSENC_STORE_DURABLE_H

#include "base/error.h"
#include "store/batch.h"
#include "store/incomplete.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * When what a load commits reaches the disk.
 *
 * A database that already held records is synced at every batch, by LMDB. In a fresh one batches are
 * not synced; instead a point is made every 128 MiB: a thread syncs the file while the load
 * goes on, and then writes down the meta page of that moment (incomplete.h). What LMDB reads at such
 * a moment stays untouched as long as a reader of it is there, so one is held until the next point is
 * on the disk: after a loss of power the file can go back to it, whatever else was written or not.
 * Points lie at places that the records alone decide, and so does what is in the file.
 *
 * On the way the system is asked to begin writing, so that a sync finds little left to do.
 */

struct durable {
	struct batch *batch;
	struct incomplete *incomplete;
	bool unsynced; /* batches are not synced */
	bool lost;     /* a sync of such batches failed: what was not written is dropped for good */

	/* Private. */
	uint64_t begun;       /* bytes of the file whose writing was begun */
	uint64_t committed;   /* batch->written at the last point */
	uint64_t commits;     /* and batch->commits */
	uint64_t hinted;      /* and at the last hint */
	MDB_txn *last, *next; /* readers of the point that is on the disk, and of that to be */
	pthread_t thread;
	bool syncing; /* the thread runs */
	int failure;  /* its errno, or 0 */
	struct error why;
};

/* Decides whether batches are synced, and writes it down before the first one; `sync` asks for it.
 * Returns 0, or -1 with the reason; durable_end in either case. */
int durable_begin(struct durable *d, struct batch *batch, struct incomplete *incomplete, bool sync,
    struct error *why);

/* To be called when a batch was committed (the next may be begun): begins to write, and makes a point when it is time. Returns 0, or -1
 * with the reason. */
int durable_go_on(struct durable *d, struct error *why);

/* Syncs all that is committed. A sync that failed is never tried again. Returns 0, or -1 with the
 * reason. */
int durable_sync(struct durable *d, struct error *why);

/* Lets go of points. The environment must still be open. */
void durable_end(struct durable *d);

#endif
