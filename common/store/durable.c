#ifdef __linux__
#define _GNU_SOURCE /* sync_file_range */
#endif

#include "store/durable.h"

#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

/* A point after so many bytes or so many batches, whichever comes first; rsenc-load(1) promises the
 * first. 625 MB on a disk that takes 1.6 GB/s, medians of 5 interleaved rounds: neither points nor hints
 * 449 ms, hints alone 303, both 309 (points every 256 MiB: 295, 512 MiB: 308); cat and sync 386. */
#define POINT_EVERY (128 * MIB)
enum { POINT_BATCHES = 128 };

/* Of 2, 8 and 32 MiB, 8 was best on ext4 and xfs alike. */
#define HINT_EVERY (8 * MIB)

static int
data_file(const struct durable *d)
{
	int fd = -1;
	mdb_env_get_fd(d->batch->env, &fd);
	return fd;
}

/* ---- one sync ---- */

static int
explain_sync(struct durable *d, int rc, struct error *why)
{
	struct error cause;
	lmdb_explain(&cause, rc, "syncing");
	if (!d->unsynced)
		return error_set(why, "%s", cause.text);
	d->lost = true;
	d->incomplete->point.len = 0;
	incomplete_write(d->incomplete, SYNCED_FAILED, NULL);
	return error_set(why,
	    "%s. What was stored is lost: remove the database and load again, to another disk "
	    "or with more room",
	    cause.text);
}

/* Waits for the thread. What it found is told once. A second thread for the point after would let the
 * disk fall behind without bound: better that the load waits here. */
static int
join_thread(struct durable *d, struct error *why)
{
	if (!d->syncing)
		return 0;
	pthread_join(d->thread, NULL);
	d->syncing = false;
	if (d->failure != 0)
		return explain_sync(d, d->failure, why);
	return 0;
}

int
durable_sync(struct durable *d, struct error *why)
{
	int rc;
	if (join_thread(d, why) != 0)
		return -1;
	if (d->lost)
		return error_set(why, "a sync failed before");
	do {
		rc = mdb_env_sync(d->batch->env, 1);
	} while (rc == EINTR);
	return rc == 0 ? 0 : explain_sync(d, rc, why);
}

/* ---- points ---- */

static int
hold_reader(struct durable *d, MDB_txn **txn, struct error *why)
{
	int rc = mdb_txn_begin(d->batch->env, NULL, MDB_RDONLY, txn);
	if (rc == 0)
		return 0;
	*txn = NULL;
	return lmdb_explain(why, rc, "holding a point");
}

/* The map may have been made anew since the reader began, which LMDB forbids where a reader looks at
 * it. This one never does: only its place in the lock file is meant, and given back here. */
static void
release_reader(MDB_txn **txn)
{
	if (*txn)
		mdb_txn_abort(*txn);
	*txn = NULL;
}

/* fdatasync also writes what was committed since: no harm. */
static void *
sync_point(void *data)
{
	struct durable *d = data;
	int rc;
	do {
		rc = fdatasync(data_file(d));
	} while (rc != 0 && errno == EINTR);
	if (rc != 0)
		d->failure = errno;
	else if (incomplete_write(d->incomplete, SYNCED_NO, &d->why) != 0)
		d->failure = EIO;
	return NULL;
}

/* Begins a point of what is committed. The one before has been written down by then. */
static int
begin_point(struct durable *d, struct error *why)
{
	if (join_thread(d, why) != 0)
		return -1;
	release_reader(&d->last);
	d->last = d->next;
	if (hold_reader(d, &d->next, why) != 0)
		return -1;
	d->committed = d->batch->written;
	d->commits = d->batch->commits;
	if (pages_point(data_file(d), &d->incomplete->point) != 0)
		return error_set(why, "reading its meta page");
	d->failure = 0;
	if (pthread_create(&d->thread, NULL, sync_point, d) == 0)
		d->syncing = true;
	else
		sync_point(d); /* no thread to be had: the load waits */
	return d->syncing || d->failure == 0 ? 0 : explain_sync(d, d->failure, why);
}

/* ---- hints ---- */

/* Begins to write what was added to the end of the file. It is a hint: it makes nothing durable, and
 * what fails is left to the sync. Pages that were changed in their places will be changed again. */
static void
hint(struct durable *d)
{
	d->hinted = d->batch->written;
#ifdef __linux__
	MDB_envinfo info;
	mdb_env_info(d->batch->env, &info);
	uint64_t end = pages_bytes(info.me_last_pgno, d->batch->page);
	if (end > d->begun)
		sync_file_range(
		    data_file(d), (off_t)d->begun, (off_t)(end - d->begun), SYNC_FILE_RANGE_WRITE);
	d->begun = end;
#endif
}

int
durable_go_on(struct durable *d, struct error *why)
{
	if (!d->unsynced)
		return 0;
	if (d->batch->written - d->hinted >= HINT_EVERY)
		hint(d);
	bool due = d->batch->written - d->committed >= POINT_EVERY ||
	           d->batch->commits - d->commits >= POINT_BATCHES;
	return due ? begin_point(d, why) : 0;
}

/* ---- beginning, ending ---- */

/* A load that was not synced is gone on from, in the same boot: what it left must become a point
 * before anything of it is used anew, for the one that it had made is held by nobody. */
static int
take_over(struct durable *d, struct error *why)
{
	if (durable_sync(d, why) != 0 || hold_reader(d, &d->last, why) != 0)
		return -1;
	if (pages_point(data_file(d), &d->incomplete->point) != 0)
		return error_set(why, "reading its meta page");
	return 0;
}

int
durable_begin(struct durable *d, struct batch *batch, struct incomplete *incomplete, bool sync,
    struct error *why)
{
	MDB_stat stat;
	struct stat st;
	*d = (struct durable){.batch = batch, .incomplete = incomplete};
	int rc = mdb_env_stat(batch->env, &stat);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	if (fstat(data_file(d), &st) == 0)
		d->begun = (uint64_t)st.st_size;
	d->unsynced = incomplete->found && !incomplete->synced;
	bool fresh = !incomplete->found && stat.ms_entries == 0;
	bool unsynced = !sync && (d->unsynced || fresh) && incomplete_knows_boot();
	if (d->unsynced && take_over(d, why) != 0)
		return -1;
	if (!unsynced)
		release_reader(&d->last);
	d->unsynced = unsynced;
	rc = mdb_env_set_flags(batch->env, MDB_NOSYNC, unsynced);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	return incomplete_write(incomplete, unsynced ? SYNCED_NO : SYNCED_YES, why);
}

void
durable_end(struct durable *d)
{
	join_thread(d, NULL);
	release_reader(&d->last);
	release_reader(&d->next);
}
