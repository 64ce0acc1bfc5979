#include "store/writer.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "store/inspect.h"
#include "store/precheck.h"
#include "store/writer_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Memory for records in any order: more of them at once save more, but a kill loses them. With the
 * pages of a batch, of the map and of LMDB's own lists it stays within the 64 MiB that are
 * promised. */
enum { BUFFER_BATCHES = 32, BUFFER_LEAST = 4 << 10 };
#define BUFFER_MOST (UINT64_C(28) << 20)

/* ---- opening ---- */

/* Makes the directory unless it exists. */
static int
make_directory(struct writer *w, struct error *why)
{
	if (w->paths.single)
		return 0;
	if (mkdir(w->paths.path, 0777) != 0)
		return errno == EEXIST ? 0 : error_errno(why, "making it");
	w->made_directory = true;
	char *parent = path_parent(w->paths.path);
	int status = file_sync_directory(parent, why);
	free(parent);
	return status;
}

/* The marker's lock keeps out the loaders of this machine, the claim those of others. Who held both
 * may have removed the marker in between: then this one has locked a file without a name. Where the
 * claim is another's, an empty marker that was made here stays: that loader may have opened it. */
static int
exclude_others(struct writer *w, bool takeover, struct error *why)
{
	for (;;) {
		if (marker_lock(&w->marker, w->paths.marker, why) != 0)
			return -1;
		if (claim_take(&w->claim, w->paths.claim, takeover, why) != 0)
			return -1;
		if (marker_is_ours(&w->marker, w->paths.marker))
			return 0;
		claim_release(&w->claim, w->paths.claim, NULL);
		marker_unlock(&w->marker);
	}
}

/* Whether there is a file to continue, and it is sound. */
static int
choose_file(struct writer *w, struct error *why)
{
	switch (store_inspect_held(&w->paths, &w->marker, &w->file, why)) {
	case STORE_ABSENT:
		w->file = &w->paths.loading;
		return 0;
	case STORE_COMPLETE:
	case STORE_INTERRUPTED:
		return precheck_file(w->file, why);
	default:
		return -1;
	}
}

/* Opens LMDB's files. Where that can't be, nothing that it made stays behind. */
static int
open_txn(struct writer *w, const struct writer_options *o, struct error *why)
{
	struct stat st;
	bool exists = stat(w->file->data, &st) == 0;
	uint64_t size = exists ? (uint64_t)st.st_size : 0;
	w->made_data = size == 0;
	w->made_lock = stat(w->file->lock, &st) != 0;
	if (txn_open(&w->txn, w->file, size, o->batch, why) != 0) {
		if (!exists)
			unlink(w->file->data);
		return -1;
	}
	if (fstat(w->txn.fd, &w->data) != 0 ||
	    (w->made_data && !o->single && lmdb_clear_nosubdir(w->txn.fd) != 0))
		return error_errno(why, "opening");
	return 0;
}

/* Nothing is made before it is known that a load can be there, the marker comes before LMDB's
 * files, and whatever fails before the first record is undone by `restore`: a load that was refused
 * leaves the directory as it was. */
static int
open_writer(struct writer *w, const struct writer_options *o, struct error *why)
{
	if (precheck_kind(w->paths.path, o->single, why) < 0 || make_directory(w, why) != 0)
		return -1;
	if (stat(w->paths.directory, &w->directory) != 0)
		return error_errno(why, "opening its directory");
	if (exclude_others(w, o->takeover, why) != 0 || choose_file(w, why) != 0 ||
	    open_txn(w, o, why) != 0)
		return -1;
	/* A first look: whatever is wrong with the database shows now. */
	if (txn_begin(&w->txn, why) != 0)
		return -1;
	txn_abort(&w->txn);
	bool fresh = w->file == &w->paths.loading;
	if (txn_extend_file(&w->txn, why) != 0 ||
	    checkpoint_begin(&w->checkpoints, &w->txn, &w->marker, fresh, o->sync, why) != 0)
		return -1;
	return file_sync_directory(w->paths.directory, why);
}

int
writer_open(
    const char *path, const struct writer_options *o, struct writer **out, struct error *why)
{
	struct writer *w = xcalloc(1, sizeof *w);
	uint64_t size = BUFFER_BATCHES * o->batch;
	*out = NULL;
	store_paths_make(&w->paths, path, o->single);
	w->marker.fd = -1;
	w->file = &w->paths.loading;
	w->replace = o->replace;
	w->skip = o->skip;
	write_buffer_start(&w->buffer, size < BUFFER_LEAST  ? BUFFER_LEAST
	                               : size > BUFFER_MOST ? (size_t)BUFFER_MOST
	                                                    : (size_t)size);
	if (open_writer(w, o, why) != 0) {
		writer_abandon(w, false, NULL, NULL);
		return -1;
	}
	*out = w;
	return 0;
}

/* ---- records ---- */

/* Larger values are in pages of their own, and the tree has a few bytes for each. */
enum { SMALL_VALUE = 1 << 10 };

/* A record is complete. Batches are committed here, or in txn_put where the next record would have
 * been too much: in either case it is time to see whether the files still are ours and a checkpoint
 * is due. */
static int
keep_record(struct writer *w, struct error *why)
{
	struct txn *t = &w->txn;
	if (txn_keep(t, why) != 0 || (txn_is_full(t) && txn_commit(t, why) != 0))
		return -1;
	if (t->commits == w->commits)
		return 0;
	w->commits = t->commits;
	return writer_check_ours(w, why) != 0 ? -1 : checkpoint_committed(&w->checkpoints, why);
}

/* Where it is neither to be replaced nor skipped a key that is stored already ends the load, but
 * what was buffered with it is stored first: it came before, and a record that was taken is kept.
 * The first such key is remembered. */
static int
store_buffered(struct writer *w, size_t i, struct error *why)
{
	const struct buffered *item = &w->buffer.items[i];
	const char *key = write_buffer_key(&w->buffer, i);
	void *to;
	switch (txn_put(&w->txn, key, item->key_len, item->value_len, w->replace, &to, why)) {
	case TXN_FAILED:
		return -1;
	case TXN_EXISTS:
		w->skipped += w->skip;
		if (!w->skip && w->conflict.len == 0) {
			buf_add(&w->conflict, key, item->key_len);
			buf_add(&w->conflict, "", 1);
		}
		return 0;
	case TXN_ROOM:
		break;
	}
	memcpy(to, write_buffer_value(&w->buffer, i), item->value_len);
	return keep_record(w, why);
}

int
writer_flush(struct writer *w, struct error *why)
{
	int status = 0;
	size_t count = w->buffer.count;
	write_buffer_sort(&w->buffer);
	for (size_t i = 0; i < count && status == 0; i++)
		status = store_buffered(w, i, why);
	/* Each page of the tree at most once, as they come in the order of keys. */
	w->checkpoints.changed += count < w->txn.leaves ? count : w->txn.leaves;
	write_buffer_clear(&w->buffer);
	if (status != 0 || w->conflict.len == 0)
		return status;
	return error_set(why, "the key is stored already");
}

enum writer_put
writer_put(struct writer *w, const void *key, size_t key_len, uint64_t value_len, void **to,
    struct error *why)
{
	static const enum writer_put results[] = {
	    [TXN_ROOM] = WRITER_ROOM, [TXN_EXISTS] = WRITER_EXISTS, [TXN_FAILED] = WRITER_FAILED};
	struct write_buffer *b = &w->buffer;
	int beyond = txn_is_beyond(&w->txn, key, key_len, why);
	if (beyond < 0)
		return WRITER_FAILED;
	w->buffering = !beyond && value_len <= SMALL_VALUE &&
	               write_buffer_has_room(b, key_len, value_len, true);
	/* A larger one may have the key of one that is buffered. */
	bool full = w->buffering ? !write_buffer_has_room(b, key_len, value_len, false)
	                         : !beyond && b->count > 0;
	if (full && writer_flush(w, why) != 0)
		return WRITER_FAILED;
	if (!w->buffering)
		return results[txn_put(&w->txn, key, key_len, value_len, w->replace, to, why)];
	*to = write_buffer_add(b, key, key_len, (size_t)value_len);
	return WRITER_ROOM;
}

int
writer_commit_record(struct writer *w, struct error *why)
{
	return w->buffering ? 0 : keep_record(w, why);
}

int
writer_undo_record(struct writer *w, struct error *why)
{
	if (!w->buffering)
		return txn_undo(&w->txn, why);
	write_buffer_undo(&w->buffer);
	return 0;
}

uint64_t
writer_skipped(const struct writer *w)
{
	return w->skipped;
}

uint64_t
writer_kept(const struct writer *w)
{
	return w->txn.kept;
}

const char *
writer_conflict(const struct writer *w)
{
	return w->conflict.data;
}
