#include "store/writer.h"

#include "base/file.h"
#include "base/buf.h"
#include "store/batch.h"
#include "store/durable.h"
#include "store/gather.h"
#include "store/incomplete.h"
#include "store/lockfile.h"
#include "store/pages.h"
#include "store/paths.h"
#include "store/target.h"
#include "store/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory for records in any order: more of them at once save more, but a kill loses them. With the
 * pages of a batch, of the map and of LMDB's own lists it stays within the 64 MiB that are promised. */
enum { GATHER_BATCHES = 16, GATHER_LEAST = 4 << 10 };
#define GATHER_MOST (UINT64_C(16) << 20)

struct writer {
	struct store_paths paths;
	struct incomplete incomplete;
	struct batch batch;
	struct durable durable;
	uint64_t commits; /* of the batch, as of the last look at whether a point is due */
	struct gather gather;
	struct waiting waiting;
	const struct writer_waits *waits;
	const char *path;
	bool replace, skip;
	bool gathering;      /* the record at hand goes there */
	uint64_t skipped;    /* of those that were gathered */
	struct buf conflict; /* a key of theirs that was there */
	bool made_directory, made_data, made_lock;
	struct stat directory,
	    data; /* which they are: others may remove them, and make their own */
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
		status = file_sync_directory(above.directory, why);
	store_paths_free(&above);
	return status;
}

static void
tell_waiting(void *data)
{
	const struct writer *w = data;
	w->waits->told(w->path);
}

/* Of what restore and writer_abandon do, what can be done while a thread is inside LMDB: what it has made
 * is somebody else's as well by now, and stays. */
static void
stop_waiting(void *data)
{
	struct writer *w = data;
	uint64_t kept = w->batch.kept;
	if (kept == 0 && !w->incomplete.found)
		incomplete_remove(&w->incomplete, w->paths.incomplete, NULL);
	else if (w->durable.unsynced && !w->durable.lost && durable_sync(&w->durable, NULL) == 0)
		incomplete_write(&w->incomplete, SYNCED_YES, NULL);
	w->waits->stopped(w->path, kept);
}

/* Opens LMDB's files. Where that can't be, nothing that it made stays behind. */
static int
open_batch(struct writer *w, const char *path, const struct writer_options *o, struct error *why)
{
	struct stat st;
	int fd;
	bool there = stat(w->paths.data, &st) == 0;
	uint64_t size = there ? (uint64_t)st.st_size : 0;
	w->made_data = size == 0;
	w->made_lock = stat(w->paths.lock, &st) != 0;
	int cause = lockfile_back(w->paths.lock, true);
	if (cause != 0)
		return error_set(why, "making its lock file: the disk is full");
	if (batch_open(&w->batch, path, o->single, size, o->batch, why) != 0) {
		if (!there)
			unlink(w->paths.data);
		return -1;
	}
	if (w->waits) {
		waiting_start(&w->waiting, tell_waiting, stop_waiting, w);
		w->batch.waiting = &w->waiting;
	}
	mdb_env_get_fd(w->batch.env, &fd);
	return fstat(fd, &w->data) == 0 ? 0 : error_errno(why, "opening");
}

/* Nothing is made before it is known that a load can be there, `incomplete` comes before LMDB's files,
 * and whatever fails before the first record is undone by `restore`: a load that was refused leaves the
 * directory as it was. */
static int
open_writer(struct writer *w, const char *path, const struct writer_options *o, struct error *why)
{
	if (store_paths_make(&w->paths, path, o->single) != 0)
		return error_set(why, "out of memory");
	if (target_kind(path, o->single, why) < 0)
		return -1;
	if (!o->single && make_directory(w, path, why) != 0)
		return -1;
	if (stat(w->paths.directory, &w->directory) != 0)
		return error_errno(why, "opening its directory");
	if (incomplete_take(&w->incomplete, w->paths.incomplete, why) != 0)
		return -1;
	if (w->incomplete.lost)
		return target_refuse_lost(why);
	if (pages_check(w->paths.data, why) != 0 || open_batch(w, path, o, why) != 0)
		return -1;
	/* A first look: whatever is wrong with the database shows now. */
	if (batch_begin(&w->batch, why) != 0)
		return -1;
	batch_abort(&w->batch);
	if (batch_extend_file(&w->batch, why) != 0 ||
	    durable_begin(&w->durable, &w->batch, &w->incomplete, o->sync, why) != 0)
		return -1;
	return file_sync_directory(w->paths.directory, why);
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
	w->path = path;
	w->waits = o->waits;
	w->replace = o->replace;
	w->skip = o->skip;
	uint64_t gather = GATHER_BATCHES * o->batch;
	gather_start(&w->gather, gather < GATHER_LEAST  ? GATHER_LEAST
	                         : gather > GATHER_MOST ? (size_t)GATHER_MOST
	                                                : (size_t)gather);
	if (open_writer(w, path, o, why) != 0) {
		bool lost = w->durable.lost;
		writer_abandon(w, NULL, NULL);
		return lost ? -2 : -1;
	}
	*out = w;
	return 0;
}

/* ---- records ---- */

/* Larger values lie in pages of their own, and the tree holds a few bytes for each. */
enum { SMALL_VALUE = 1 << 10 };

/* A record is whole. Batches are committed here, or in batch_put where the next record would have been
 * too much: whichever it was, it is looked at whether a point is due. */
static int
keep_record(struct writer *w, struct error *why)
{
	struct batch *b = &w->batch;
	if (batch_keep(b, why) != 0 || (batch_is_full(b) && batch_commit(b, why) != 0))
		return -1;
	if (b->commits == w->commits)
		return 0;
	w->commits = b->commits;
	return durable_go_on(&w->durable, why);
}

/* Where it is neither to be replaced nor skipped a key that is there ends the load, but what was gathered with it is stored
 * first: they came before, and a record that was taken is kept. The first such key is remembered. */
static int
store_gathered(struct writer *w, size_t i, struct error *why)
{
	const struct gathered *item = &w->gather.items[i];
	const char *key = gather_key(&w->gather, i);
	void *to;
	switch (batch_put(&w->batch, key, item->key_len, item->value_len, w->replace, &to, why)) {
	case BATCH_FAILED:
		return -1;
	case BATCH_EXISTS:
		w->skipped += w->skip;
		if (!w->skip && w->conflict.len == 0 &&
		    (buf_add(&w->conflict, key, item->key_len) != 0 ||
		        buf_add(&w->conflict, "", 1) != 0))
			return error_set(why, "out of memory");
		return 0;
	case BATCH_ROOM:
		break;
	}
	memcpy(to, gather_value(&w->gather, i), item->value_len);
	return keep_record(w, why);
}

/* Stores what was gathered. */
static int
writer_flush(struct writer *w, struct error *why)
{
	int status = 0;
	gather_sort(&w->gather);
	for (size_t i = 0; i < w->gather.count && status == 0; i++)
		status = store_gathered(w, i, why);
	gather_clear(&w->gather);
	if (status != 0 || w->conflict.len == 0)
		return status;
	return error_set(why, "the key is stored already");
}

enum writer_put
writer_put(struct writer *w, const void *key, size_t key_len, uint64_t value_len, void **to,
    struct error *why)
{
	static const enum writer_put results[] = {[BATCH_ROOM] = WRITER_ROOM,
	    [BATCH_EXISTS] = WRITER_EXISTS,
	    [BATCH_FAILED] = WRITER_FAILED};
	int beyond = batch_is_beyond(&w->batch, key, key_len, why);
	if (beyond < 0)
		return WRITER_FAILED;
	w->gathering = !beyond && value_len <= SMALL_VALUE &&
	               gather_fits(&w->gather, key_len, value_len);
	/* A larger one may have the key of one that waits. */
	bool full = w->gathering ? !gather_has_room(&w->gather, key_len, value_len)
	                         : !beyond && w->gather.count > 0;
	if (full && writer_flush(w, why) != 0)
		return WRITER_FAILED;
	if (!w->gathering)
		return results[batch_put(&w->batch, key, key_len, value_len, w->replace, to, why)];
	*to = gather_add(&w->gather, key, key_len, (size_t)value_len);
	if (*to)
		return WRITER_ROOM;
	error_set(why, "out of memory");
	return WRITER_FAILED;
}

int
writer_commit_record(struct writer *w, struct error *why)
{
	if (w->gathering)
		return 0;
	return keep_record(w, why);
}

int
writer_undo_record(struct writer *w, struct error *why)
{
	if (!w->gathering)
		return batch_undo(&w->batch, why);
	gather_undo(&w->gather);
	return 0;
}

uint64_t
writer_skipped(const struct writer *w)
{
	return w->skipped;
}

const char *
writer_conflict(const struct writer *w, size_t *len)
{
	*len = w->conflict.len > 0 ? w->conflict.len - 1 : 0;
	return w->conflict.len > 0 ? w->conflict.data : NULL;
}

/* ---- ending ---- */

static bool
is_same_file(const struct stat *mine, const char *path)
{
	struct stat named;
	return stat(path, &named) == 0 && named.st_dev == mine->st_dev &&
	       named.st_ino == mine->st_ino;
}

/* Whether the files that were opened still are those that the path names. */
static int
check_ours(const struct writer *w, struct error *why)
{
	if (is_same_file(&w->data, w->paths.data) &&
	    incomplete_is_ours(&w->incomplete, w->paths.incomplete))
		return 0;
	return error_set(why,
	    "it was removed, or replaced by another, while this load went on: nothing of this "
	    "load is there. Load again");
}

static void
free_writer(struct writer *w)
{
	durable_end(&w->durable);
	waiting_end(&w->waiting);
	batch_close(&w->batch);
	incomplete_release(&w->incomplete);
	store_paths_free(&w->paths);
	gather_free(&w->gather);
	buf_free(&w->conflict);
	free(w);
}

static int
sync_all(struct writer *w, struct error *why)
{
	if (durable_sync(&w->durable, why) != 0)
		return -1;
	return file_sync_directory(w->paths.directory, why);
}

/* In this order: all that is committed is on the disk, then the mark that it is not whole goes away, and
 * then that is on the disk. A loss of power in between leaves a whole database that seems unfinished,
 * never the other way round. */
int
writer_finish(struct writer *w, uint64_t *skipped, struct error *why)
{
	if (writer_flush(w, why) != 0 || batch_commit(&w->batch, why) != 0 ||
	    sync_all(w, why) != 0 || check_ours(w, why) != 0)
		return -1;
	durable_end(&w->durable);
	batch_close(&w->batch);
	if (incomplete_remove(&w->incomplete, w->paths.incomplete, why) != 0 ||
	    file_sync_directory(w->paths.directory, why) != 0)
		return -1;
	*skipped = w->skipped;
	free_writer(w);
	return 0;
}

/* Nothing was stored: takes away what writer_open made, as far as it still is what it made. The lock
 * file goes first, while the lock on `incomplete` keeps other loaders out; one that lay beside a
 * database of others stays, for they may have opened it since, unless LMDB could not even use it. */
static void
restore(struct writer *w)
{
	bool opened = w->data.st_ino != 0;
	bool ours = incomplete_is_ours(&w->incomplete, w->paths.incomplete);
	durable_end(&w->durable);
	batch_close(&w->batch);
	if (ours && !w->incomplete.found) {
		bool made = opened && w->made_data && is_same_file(&w->data, w->paths.data);
		if (w->made_lock && (made || !opened))
			unlink(w->paths.lock);
		if (made)
			unlink(w->paths.data);
		incomplete_remove(&w->incomplete, w->paths.incomplete, NULL);
	}
	if (w->made_directory && is_same_file(&w->directory, w->paths.directory))
		rmdir(w->paths.directory);
}

int
writer_abandon(struct writer *w, struct writer_left *left, struct error *why)
{
	struct error gone;
	struct durable *d = &w->durable;
	/* A conflict was told; one that shows only here is told now. */
	int status = w->gather.count > 0 ? writer_flush(w, why) : 0;
	if (batch_commit(&w->batch, status == 0 ? why : NULL) != 0)
		status = -1;
	uint64_t kept = w->batch.kept;
	bool lost = false;
	if (kept == 0) {
		restore(w);
	} else if (check_ours(w, &gone) != 0) {
		if (why)
			*why = gone;
		lost = true;
		status = -1;
	} else if (d->unsynced && !d->lost) {
		/* A later load may go on even after a reboot. */
		if (sync_all(w, why) != 0) /* graver than the batch that is lost */
			status = -1;
		else
			incomplete_write(&w->incomplete, SYNCED_YES, NULL);
	}
	if (left)
		*left = (struct writer_left){
		    kept, w->skipped, lost || (d->lost && (kept > 0 || w->incomplete.found))};
	free_writer(w);
	return status;
}
