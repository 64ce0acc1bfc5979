#include "store/writer.h"

#include "base/alloc.h"
#include "base/file.h"
#include "store/checkpoint.h"
#include "store/claim.h"
#include "store/place.h"
#include "store/state.h"
#include "store/txn.h"
#include "store/record_buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory for records in any order: more of them at once save more, but a kill loses them. With the
 * pages of a batch, of the map and of LMDB's own lists it stays within the 64 MiB that are
 * promised. */
enum { BUFFER_BATCHES = 42, BUFFER_LEAST = 8 << 10, BUFFER_MOST = 42 << 20, FIRST_RECORDS = 8 };

struct writer {
	struct store_paths paths;
	const struct store_file *file; /* of the paths: where records go */
	struct writer_options options;
	struct claim claim;
	struct marker marker;
	struct txn txn;
	struct checkpoints checkpoints;
	struct record_buffer buffer;

	struct writer_report *report; /* the caller's */
	bool fresh;                   /* there was no database */
	bool published;   /* everything is stored and has its name; only the marker may be left */
	struct stat data; /* which file it is: others may remove it, and make their own */
};

/* ---- opening ---- */

/* Whether there is a file to continue, and it is sound. */
static int
choose_file(struct writer *w, struct error *why)
{
	marker_read(&w->marker, w->paths.marker);
	enum store_state state = store_inspect(&w->paths, &w->marker, &w->file, why);
	w->report->recovered = state == STORE_TORN && !w->options.check;
	if (w->report->recovered)
		state = store_recover(&w->paths, &w->marker, &w->report->found, why);
	w->fresh = state == STORE_ABSENT;
	if (w->fresh)
		w->file = &w->paths.loading;
	if (state == STORE_COMPLETE || state == STORE_INTERRUPTED)
		return place_check_file(w->file, why);
	return state == STORE_REFUSED ? -1 : 0;
}

static int
open_txn(struct writer *w, struct error *why)
{
	struct stat st;
	uint64_t size = stat(w->file->data, &st) == 0 ? (uint64_t)st.st_size : 0;
	if (txn_open(&w->txn, w->file, size, w->options.batch, why) != 0)
		return -1;
	if (fstat(w->txn.fd, &w->data) != 0)
		return error_errno(why, "opening");
	return 0;
}

/* The claim comes first. Whatever fails before the first record is undone by `restore`: a load that
 * was refused leaves the directory as it was. */
static int
open_writer(struct writer *w, struct error *why)
{
	struct stat st;
	if (w->options.check && stat(w->paths.directory, &st) != 0)
		return 0;
	if (claim_take(&w->claim, &w->paths, w->options.takeover, why) != 0 ||
	    choose_file(w, why) != 0)
		return -1;
	if (w->options.check)
		return 0;
	unlink(w->paths.sorting); /* A load was killed as it created the file. */
	bool loading = w->file == &w->paths.loading;
	if (open_txn(w, why) != 0 || checkpoint_begin(&w->checkpoints, &w->txn, &w->marker, loading,
	                                 w->options.sync, why) != 0)
		return -1;
	return file_sync_directory(w->paths.directory, why);
}

int
writer_open(const char *path, const struct writer_options *o, struct writer_report *report,
    struct writer **out, struct error *why)
{
	struct writer *w = xcalloc(1, sizeof *w);
	uint64_t size = BUFFER_BATCHES * o->batch;
	*out = NULL;
	store_paths_make(&w->paths, path, o->single);
	w->claim.fd = w->buffer.fd = -1;
	w->file = &w->paths.loading;
	w->options = *o;
	w->report = report;
	*report = (struct writer_report){.kept = 0};
	w->buffer.limit = size < BUFFER_LEAST  ? BUFFER_LEAST
	                  : size > BUFFER_MOST ? BUFFER_MOST
	                                       : (size_t)size;
	if (open_writer(w, why) != 0) {
		writer_end(w, false, NULL);
		return -1;
	}
	*out = w;
	return 0;
}

/* ---- records ---- */

/* Whether the files that were opened still are those that the path names, and nobody else has
 * claimed them. */
static int
check_ours(const struct writer *w, struct error *why)
{
	struct stat named;
	if (stat(w->file->data, &named) != 0 || named.st_dev != w->data.st_dev ||
	    named.st_ino != w->data.st_ino)
		return error_set(why, "the database was removed or replaced during this load: "
		                      "nothing of this load is left: load again");
	if (!claim_is_ours(&w->claim, &w->paths))
		return error_set(
		    why, "another load has taken over the claim on this database: this load ends");
	return 0;
}

/* The first key that is refused is reported. */
static int
refuse(struct writer *w, const void *key, size_t key_len, struct error *why)
{
	if (!w->report->refused)
		error_set(why,
		    "%.*s: already stored: skip it with -s, or replace its value with --replace",
		    (int)key_len, (const char *)key);
	w->report->refused = true;
	return 2;
}

/* Returns 1, 0 if the record was skipped, 2 if it was refused, -1 if it failed. When a batch was
 * committed it is time to see whether the files still are ours and a checkpoint is due. */
static int
store_record(struct writer *w, const void *key, size_t key_len, const void *value, size_t value_len,
    struct error *why)
{
	int stored = txn_put(&w->txn, key, key_len, value, value_len, w->options.replace, why);
	if (stored == 0 && !w->options.skip)
		return refuse(w, key, key_len, why);
	w->report->skipped += stored == 0;
	if (stored < 0 || w->txn.kept == w->report->kept)
		return stored;
	w->report->kept = w->txn.kept;
	bool fine = check_ours(w, why) == 0 && checkpoint_committed(&w->checkpoints, why) == 0;
	return fine ? stored : -1;
}

/* A key that is refused ends the load, but all else is stored first: it came before, and a record
 * that was taken is kept. */
static int
flush(struct writer *w, struct error *why)
{
	struct buffered r;
	bool before = w->report->refused; /* which was reported */
	int status = w->buffer.count > 0 ? record_buffer_sort(&w->buffer, why) : 0;
	while (status >= 0 && (status = record_buffer_next(&w->buffer, &r, why)) > 0)
		status = store_record(w, r.key, r.key_len, r.key + r.key_len, r.value_len, why);
	record_buffer_clear(&w->buffer);
	w->report->refused &= status >= 0;
	return status < 0 || (w->report->refused && !before) ? -1 : 0;
}

/* Of a database without records the first ones are buffered, too: if they come in order, so do
 * most others, and each is appended. Else all records are sorted before the first is stored, and
 * are appended then: pages of the tree become full. */
static int
buffer_record(struct writer *w, const void *key, size_t key_len, const void *value,
    size_t value_len, struct error *why)
{
	struct record_buffer *b = &w->buffer;
	if (!record_buffer_has_room(b, key_len + value_len) &&
	    record_buffer_spill(b, w->paths.sorting) != 0 && flush(w, why) != 0)
		return -1;
	if (record_buffer_add(b, key, key_len, value, value_len, why) != 0)
		return -1;
	bool appended = b->count == FIRST_RECORDS && record_buffer_is_sorted(b);
	return appended && flush(w, why) != 0 ? -1 : 1;
}

int
writer_put(struct writer *w, const void *key, size_t key_len, const void *value, size_t value_len,
    struct error *why)
{
	int beyond = txn_is_beyond(&w->txn, key, key_len, why);
	if (beyond < 0)
		return -1;
	/* Larger values are in pages of their own, and the tree has a few bytes for each. */
	bool alone = beyond && w->buffer.count == 0 && w->txn.last.len > 0;
	if (!alone && value_len <= BUFFERED_VALUE_MAX)
		return buffer_record(w, key, key_len, value, value_len, why);
	/* It may have the key of a record that is buffered. */
	if (w->buffer.count > 0 && flush(w, why) != 0)
		return -1;
	int stored = store_record(w, key, key_len, value, value_len, why);
	return stored == 2 ? -1 : stored;
}

/* ---- the end ---- */

static void
free_writer(struct writer *w)
{
	checkpoint_end(&w->checkpoints);
	txn_close(&w->txn);
	claim_release(&w->claim, &w->paths, NULL);
	store_paths_free(&w->paths);
	record_buffer_free(&w->buffer);
	free(w);
}

/* Gives a new database its name. Readers of it stay in its lock file, which therefore moves too,
 * first. A data file that another program made meanwhile is not overwritten. */
static int
publish(struct writer *w, struct error *why)
{
	const struct store_file *from = &w->paths.loading, *to = &w->paths.data;
	struct stat st;
	if (w->file == to)
		return 0;
	if (stat(to->data, &st) == 0 && st.st_size > 0)
		return error_set(why,
		    "another program created %s during this load, whose patches are all in %s: "
		    "move one of the two files away",
		    to->data, from->data);
	if (rename(from->lock, to->lock) != 0)
		unlink(from->lock);
	if (rename(from->data, to->data) != 0)
		return error_errno(why, "cannot be renamed to %s", to->data);
	w->file = to;
	return 0;
}

/* In this order: all that is committed is on the disk, then a new database gets its name, then the
 * marker goes, and then that is on the disk. A loss of power in between leaves a complete database
 * that seems unfinished, never the other way round. */
static int
close_complete(struct writer *w, struct error *why)
{
	if (checkpoint_sync(&w->checkpoints, why) != 0 || check_ours(w, why) != 0)
		return -1;
	checkpoint_end(&w->checkpoints);
	txn_close(&w->txn);
	if (publish(w, why) != 0)
		return -1;
	w->published = true;
	int status = 0;
	if (unlink(w->paths.marker) != 0)
		status = error_errno(why, "removing %s", w->paths.marker);
	if (claim_release(&w->claim, &w->paths, status == 0 ? why : NULL) != 0)
		status = -1;
	if (status != 0)
		return error_prefix(why, "everything is stored, but the database stays marked");
	return file_sync_directory(w->paths.directory, why);
}

/* Nothing was stored: removes what writer_open made. */
static void
restore(struct writer *w)
{
	bool ours = claim_is_ours(&w->claim, &w->paths);
	/* What an earlier load left was synced when this one began. */
	if (ours && w->checkpoints.last && !w->checkpoints.failed)
		marker_write(&w->marker, SYNCED_YES, NULL);
	checkpoint_end(&w->checkpoints);
	txn_close(&w->txn);
	if (ours && w->fresh) {
		unlink(w->paths.loading.lock);
		unlink(w->paths.loading.data);
	}
	if (ours && !w->marker.found)
		unlink(w->paths.marker);
}

/* Syncs what is committed, and says so in the marker: a later load can resume even after a reboot.
 * */
static int
close_interrupted(struct writer *w, struct error *why)
{
	w->report->lost = check_ours(w, why) != 0;
	if (w->report->lost)
		return -1;
	if (!w->checkpoints.unsynced || w->checkpoints.failed)
		return 0;
	/* If it is closed it was synced. */
	if (w->txn.env && checkpoint_sync(&w->checkpoints, why) != 0)
		return -1;
	return marker_write(&w->marker, SYNCED_YES, why);
}

int
writer_end(struct writer *w, bool whole, struct error *why)
{
	int status = w->txn.dead ? 0 : flush(w, why);
	bool sound = !w->txn.dead && (status == 0 || w->report->refused);
	if (txn_commit(&w->txn, status == 0 ? why : NULL) != 0) {
		status = -1;
		sound = false;
	}
	uint64_t kept = w->txn.kept;
	/* After a key that was refused the database is as complete as it was. */
	bool complete = !w->report->refused || (!w->marker.found && kept > 0);
	if (sound && whole && complete && close_complete(w, status == 0 ? why : NULL) != 0)
		status = -1;
	if (!w->published && kept == 0)
		restore(w);
	else if (!w->published && close_interrupted(w, status == 0 ? why : NULL) != 0)
		status = -1;
	w->report->kept = kept;
	w->report->lost |= w->checkpoints.failed;
	free_writer(w);
	return status;
}
