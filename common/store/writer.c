#include "store/writer.h"

#include "store/batch.h"
#include "store/incomplete.h"
#include "store/pages.h"
#include "store/paths.h"
#include "store/target.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct writer {
	struct store_paths paths;
	struct incomplete incomplete;
	struct batch batch;
	bool made_directory, made_data;
	bool unsynced; /* batches are not synced */
	bool lost;     /* a sync of such batches failed */
};

/* ---- opening ---- */

/* Makes the directory unless it is there. */
static int
make_directory(struct writer *w, const char *path, struct error *why)
{
	if (mkdir(path, 0777) != 0)
		return errno == EEXIST ? 0 : error_errno(why, "making it");
	w->made_directory = true;
	struct store_paths above = {0};
	int status = store_paths_make(&above, path, true);
	if (status != 0)
		error_set(why, "out of memory");
	else
		status = store_sync_directory(above.directory, why);
	store_paths_free(&above);
	return status;
}

/* Never tries again what failed: see writer.h. */
static int
sync_env(struct writer *w, struct error *why)
{
	struct error cause;
	int rc;
	do {
		rc = mdb_env_sync(w->batch.env, 1);
	} while (rc == EINTR);
	if (rc == 0)
		return 0;
	lmdb_explain(&cause, rc, "syncing");
	if (!w->unsynced)
		return error_set(why, "%s", cause.text);
	w->lost = true;
	incomplete_write(&w->incomplete, SYNCED_FAILED, NULL);
	return error_set(why,
	    "%s. What was stored is lost: remove the database and load again, to another disk "
	    "or with more room",
	    cause.text);
}

/* Decides whether batches are synced, and writes it down before the first one. */
static int
set_durability(struct writer *w, bool sync, struct error *why)
{
	MDB_stat stat;
	int rc = mdb_env_stat(w->batch.env, &stat);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	w->unsynced = w->incomplete.found && !w->incomplete.synced;
	bool fresh = !w->incomplete.found && stat.ms_entries == 0;
	bool unsynced = !sync && (w->unsynced || fresh) && incomplete_knows_boot();
	if (w->unsynced && !unsynced && sync_env(w, why) != 0)
		return -1;
	w->unsynced = unsynced;
	rc = mdb_env_set_flags(w->batch.env, MDB_NOSYNC, unsynced);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	if (incomplete_write(&w->incomplete, unsynced ? SYNCED_NO : SYNCED_YES, why) != 0)
		return -1;
	return store_sync_directory(w->paths.directory, why);
}

static int
open_writer(struct writer *w, const char *path, const struct writer_options *o, struct error *why)
{
	if (store_paths_make(&w->paths, path, o->single) != 0)
		return error_set(why, "out of memory");
	if (target_kind(path, o->single, why) < 0)
		return -1;
	if (!o->single && make_directory(w, path, why) != 0)
		return -1;
	if (incomplete_take(&w->incomplete, w->paths.incomplete, why) != 0)
		return -1;
	if (w->incomplete.lost)
		return target_refuse_lost(why);
	struct stat data;
	uint64_t size = stat(w->paths.data, &data) == 0 ? (uint64_t)data.st_size : 0;
	w->made_data = size == 0;
	if (pages_check(w->paths.data, why) != 0)
		return -1;
	if (batch_open(&w->batch, path, o->single, size, o->batch, why) != 0)
		return -1;
	/* A first look: whatever is wrong with the database shows now. */
	if (batch_begin(&w->batch, why) != 0)
		return -1;
	batch_abort(&w->batch);
	if (batch_extend_file(&w->batch, why) != 0)
		return -1;
	return set_durability(w, o->sync, why);
}

int
writer_open(
    const char *path, const struct writer_options *o, struct writer **out, struct error *why)
{
	struct writer *w = calloc(1, sizeof *w);
	*out = NULL;
	if (!w)
		return error_set(why, "out of memory");
	w->incomplete.fd = -1;
	if (open_writer(w, path, o, why) != 0) {
		writer_abandon(w, NULL, NULL);
		return -1;
	}
	*out = w;
	return 0;
}

/* ---- records ---- */

enum writer_put
writer_put(struct writer *w, const void *key, size_t key_len, uint64_t value_len, bool replace,
    void **to, struct error *why)
{
	static const enum writer_put results[] = {[BATCH_ROOM] = WRITER_ROOM,
	    [BATCH_EXISTS] = WRITER_EXISTS,
	    [BATCH_FAILED] = WRITER_FAILED};
	return results[batch_put(&w->batch, key, key_len, value_len, replace, to, why)];
}

int
writer_commit_record(struct writer *w, struct error *why)
{
	if (batch_keep(&w->batch, why) != 0)
		return -1;
	return batch_is_full(&w->batch) ? batch_commit(&w->batch, why) : 0;
}

int
writer_undo_record(struct writer *w, struct error *why)
{
	return batch_undo(&w->batch, why);
}

/* ---- ending ---- */

static void
free_writer(struct writer *w)
{
	batch_close(&w->batch);
	incomplete_release(&w->incomplete);
	store_paths_free(&w->paths);
	free(w);
}

static int
sync_all(struct writer *w, struct error *why)
{
	if (sync_env(w, why) != 0)
		return -1;
	return store_sync_directory(w->paths.directory, why);
}

int
writer_finish(struct writer *w, struct error *why)
{
	if (batch_commit(&w->batch, why) != 0 || sync_all(w, why) != 0)
		return -1;
	batch_close(&w->batch);
	if (incomplete_remove(&w->incomplete, w->paths.incomplete, why) != 0 ||
	    store_sync_directory(w->paths.directory, why) != 0)
		return -1;
	free_writer(w);
	return 0;
}

/* Nothing was stored: takes away what writer_open made. The lock file goes first, while the
 * lock on `incomplete` keeps other loaders out. */
static void
restore(struct writer *w)
{
	bool opened = w->batch.env != NULL;
	batch_close(&w->batch);
	if (w->incomplete.fd >= 0 && !w->incomplete.found) {
		if (opened && w->made_data) {
			unlink(w->paths.lock);
			unlink(w->paths.data);
		}
		incomplete_remove(&w->incomplete, w->paths.incomplete, NULL);
	}
	if (w->made_directory)
		rmdir(w->paths.directory);
}

int
writer_abandon(struct writer *w, struct writer_left *left, struct error *why)
{
	int status = batch_commit(&w->batch, why);
	uint64_t kept = w->batch.kept;
	if (kept == 0) {
		restore(w);
	} else if (w->unsynced && !w->lost) {
		/* A later load may go on even after a reboot. */
		if (sync_all(w, why) != 0) /* graver than the batch that is lost */
			status = -1;
		else
			incomplete_write(&w->incomplete, SYNCED_YES, NULL);
	}
	if (left)
		*left = (struct writer_left){kept, w->lost && (kept > 0 || w->incomplete.found)};
	free_writer(w);
	return status;
}
