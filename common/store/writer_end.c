#include "store/writer.h"

#include "base/file.h"
#include "store/writer_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How a load ends: properly, early, or with nothing stored. */

static bool
is_same_file(const struct stat *mine, const char *path)
{
	struct stat named;
	return stat(path, &named) == 0 && named.st_dev == mine->st_dev &&
	       named.st_ino == mine->st_ino;
}

int
writer_check_ours(const struct writer *w, struct error *why)
{
	if (!is_same_file(&w->data, w->file->data) || !marker_is_ours(&w->marker, w->paths.marker))
		return error_set(why,
		    "was removed, or replaced by another, during this load: nothing of this load "
		    "is there; load again");
	if (!claim_is_ours(&w->claim, w->paths.claim))
		return error_set(why, "another load has taken over its claim: this one ends");
	return 0;
}

static void
free_writer(struct writer *w)
{
	checkpoint_end(&w->checkpoints);
	txn_close(&w->txn);
	claim_release(&w->claim, w->paths.claim, NULL);
	marker_unlock(&w->marker);
	store_paths_free(&w->paths);
	write_buffer_free(&w->buffer);
	buf_free(&w->conflict);
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
		    "another program made %s during this load, which is complete in %s: move one "
		    "of them away",
		    to->data, from->data);
	if (rename(from->lock, to->lock) != 0)
		unlink(from->lock);
	if (rename(from->data, to->data) != 0)
		return error_errno(why, "naming it %s", to->data);
	w->file = to;
	return 0;
}

/* In this order: all that is committed is on the disk, then a new database gets its name, then the
 * marker goes, and then that is on the disk. A loss of power in between leaves a complete database
 * that seems unfinished, never the other way round. */
static int
close_complete(struct writer *w, struct error *why)
{
	if (checkpoint_sync(&w->checkpoints, why) != 0 || writer_check_ours(w, why) != 0)
		return -1;
	w->synced = true;
	checkpoint_end(&w->checkpoints);
	txn_close(&w->txn);
	if (publish(w, why) != 0)
		return -1;
	w->published = true;
	int status = marker_remove(&w->marker, w->paths.marker, why);
	if (claim_release(&w->claim, w->paths.claim, status == 0 ? why : NULL) != 0)
		status = -1;
	if (status != 0)
		return error_prefix(why, "everything is stored, but the database stays marked");
	return file_sync_directory(w->paths.directory, why);
}

int
writer_finish(struct writer *w, uint64_t *skipped, struct error *why)
{
	if (writer_flush(w, why) != 0 || txn_commit(&w->txn, why) != 0 ||
	    close_complete(w, why) != 0)
		return -1;
	*skipped = w->skipped;
	free_writer(w);
	return 0;
}

/* Nothing was stored: removes what writer_open made, as far as it still is what it made. The lock
 * file goes first, while the claim keeps other loaders out; one that was beside a database of
 * others stays, for they may have opened it since, unless LMDB could not even use it. */
static void
restore(struct writer *w)
{
	bool opened = w->data.st_ino != 0;
	bool ours = marker_is_ours(&w->marker, w->paths.marker) &&
	            claim_is_ours(&w->claim, w->paths.claim);
	/* What an earlier load left was synced when this one began. */
	if (ours && w->checkpoints.last && !w->checkpoints.failed)
		marker_write(&w->marker, SYNCED_YES, NULL);
	checkpoint_end(&w->checkpoints);
	txn_close(&w->txn);
	if (ours && !w->marker.found) {
		bool made = opened && w->made_data && is_same_file(&w->data, w->file->data);
		if (w->made_lock && (made || !opened))
			unlink(w->file->lock);
		if (made)
			unlink(w->file->data);
		marker_remove(&w->marker, w->paths.marker, NULL);
	}
	claim_release(&w->claim, w->paths.claim, NULL);
	if (w->made_directory && is_same_file(&w->directory, w->paths.directory))
		rmdir(w->paths.directory);
}

/* Syncs what is committed, and says so in the marker: a later load can resume even after a reboot.
 * */
static int
close_interrupted(struct writer *w, bool *lost, struct error *why)
{
	struct error gone;
	if (writer_check_ours(w, &gone) != 0) {
		if (why)
			*why = gone;
		*lost = true;
		return -1;
	}
	if (!w->checkpoints.unsynced || w->checkpoints.failed)
		return 0;
	if (!w->synced && checkpoint_sync(&w->checkpoints, why) != 0)
		return -1;
	return marker_write(&w->marker, SYNCED_YES, why);
}

int
writer_abandon(struct writer *w, bool refused, struct writer_left *left, struct error *why)
{
	bool lost = false;
	bool found = w->marker.found;
	/* A conflict was reported; one that shows only here is reported now. */
	int status = w->buffer.count > 0 ? writer_flush(w, why) : 0;
	bool sound = status == 0 || w->conflict.len > 0;
	if (txn_commit(&w->txn, status == 0 ? why : NULL) != 0) {
		status = -1;
		sound = false;
	}
	uint64_t kept = w->txn.kept;
	if (w->published)
		status = 0; /* what failed then was reported */
	else if (kept == 0)
		restore(w);
	else if (refused && sound && !found)
		status |= close_complete(w, why);
	else if (close_interrupted(w, &lost, why) != 0)
		status = -1;
	if (left)
		*left = (struct writer_left){kept, w->skipped, lost || w->checkpoints.failed};
	free_writer(w);
	return status;
}
