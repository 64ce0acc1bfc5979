#include "store/writing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_START (UINT64_C(64) << 20)

/* ---- opening ---- */

/* What lies at the path must be what the options say, or nothing. Returns 1 if there is something,
 * 0 if not, -1 with the reason. */
static int
check_kind(const char *path, bool single, struct error *why)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? 0 : error_errno(why, "opening");
	if (S_ISDIR(st.st_mode) && single)
		return error_set(why, "it is a directory: leave out -S");
	if (!S_ISDIR(st.st_mode) && !single)
		return error_set(why, "it is a file, not a directory: -S loads into a single file");
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return error_set(why, "it is neither a file nor a directory");
	return 1;
}

static int
refuse_lost(struct error *why)
{
	return error_set(why,
	    "what a load without syncs stored may be damaged: it was interrupted, and this "
	    "machine has been started again since or is another one, or the disk did not take "
	    "it. Remove the database and load again");
}

static int
check_access(const char *path, const struct store_paths *p, bool single, struct error *why)
{
	int there = check_kind(path, single, why);
	if (there < 0)
		return -1;
	if (there && access(p->data, W_OK) != 0 && errno != ENOENT)
		return error_errno(why, "writing");
	struct store_paths above = {0};
	int status = 0;
	if (!there && !single && store_paths_make(&above, path, true) != 0)
		status = error_set(why, "out of memory");
	else if (access(above.directory ? above.directory : p->directory, W_OK | X_OK) != 0)
		status = error_errno(why, there ? "writing in it" : "making it");
	store_paths_free(&above);
	return status;
}

int
store_writer_check(const char *path, const struct store_options *o, struct error *why)
{
	struct store_paths p = {0};
	int status = -1;
	if (store_paths_make(&p, path, o->single) != 0)
		error_set(why, "out of memory");
	else
		status = check_access(path, &p, o->single, why);
	if (status == 0) {
		enum incomplete_state state = incomplete_look(p.incomplete);
		if (state == INCOMPLETE_LOST)
			status = refuse_lost(why);
		if (state == INCOMPLETE_LOADING)
			status = error_set(
			    why, "another rsenc-load is loading into it: wait for its end");
	}
	store_paths_free(&p);
	return status;
}

static bool
is_link(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

char *
store_writer_root(const char *path, const struct store_options *o)
{
	struct store_paths p = {0}, above = {0};
	struct stat st;
	char *root = NULL;
	bool made = !o->single && stat(path, &st) != 0;
	if (store_paths_make(&p, path, o->single) == 0 &&
	    store_paths_make(&above, path, true) == 0 && !is_link(p.data) && !is_link(p.lock) &&
	    !is_link(p.incomplete))
		root = strdup(made ? above.directory : p.directory);
	store_paths_free(&p);
	store_paths_free(&above);
	return root;
}

/* Makes the directory unless it is there. */
static int
make_directory(struct store_writer *w, const char *path, struct error *why)
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

static int
open_env(struct store_writer *w, const char *path, bool single, struct error *why)
{
	struct stat data;
	uint64_t size = stat(w->paths.data, &data) == 0 ? (uint64_t)data.st_size : 0;
	w->made_data = size == 0;
	int rc = mdb_env_create(&w->env);
	if (rc != 0)
		return store_fail(why, rc, "opening");
	/* Read ahead would fetch values that nobody looks at. */
	if (store_resize_map(w, size + MAP_START, why) != 0)
		return -1;
	rc = mdb_env_open(w->env, path, MDB_NORDAHEAD | (single ? MDB_NOSUBDIR : 0), 0666);
	if (rc != 0)
		return store_fail(why, rc, "opening");
	int dead;
	mdb_reader_check(
	    w->env, &dead); /* of killed readers: they keep pages from being used again */
	return 0;
}

/* Never tries again what failed: see store_write.h. */
static int
sync_env(struct store_writer *w, struct error *why)
{
	struct error cause;
	int rc;
	do {
		rc = mdb_env_sync(w->env, 1);
	} while (rc == EINTR);
	if (rc == 0)
		return 0;
	store_fail(&cause, rc, "syncing");
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
set_durability(struct store_writer *w, bool sync, struct error *why)
{
	MDB_stat stat;
	int rc = mdb_env_stat(w->env, &stat);
	if (rc != 0)
		return store_fail(why, rc, "opening");
	w->unsynced = w->incomplete.found && !w->incomplete.synced;
	bool fresh = !w->incomplete.found && stat.ms_entries == 0;
	bool unsynced = !sync && (w->unsynced || fresh) && incomplete_knows_boot();
	if (w->unsynced && !unsynced && sync_env(w, why) != 0)
		return -1;
	w->unsynced = unsynced;
	rc = mdb_env_set_flags(w->env, MDB_NOSYNC, unsynced);
	if (rc != 0)
		return store_fail(why, rc, "opening");
	if (incomplete_write(&w->incomplete, unsynced ? SYNCED_NO : SYNCED_YES, why) != 0)
		return -1;
	return store_sync_directory(w->paths.directory, why);
}

static int
open_writer(
    struct store_writer *w, const char *path, const struct store_options *o, struct error *why)
{
	if (store_paths_make(&w->paths, path, o->single) != 0)
		return error_set(why, "out of memory");
	if (check_kind(path, o->single, why) < 0)
		return -1;
	if (!o->single && make_directory(w, path, why) != 0)
		return -1;
	if (incomplete_take(&w->incomplete, w->paths.incomplete, why) != 0)
		return -1;
	if (w->incomplete.lost)
		return refuse_lost(why);
	if (open_env(w, path, o->single, why) != 0)
		return -1;
	/* A first look: whatever is wrong with the database shows now. */
	if (store_begin(w, why) != 0)
		return -1;
	store_drop(w);
	return set_durability(w, o->sync, why);
}

int
store_writer_open(
    const char *path, const struct store_options *o, struct store_writer **out, struct error *why)
{
	struct store_writer *w = calloc(1, sizeof *w);
	*out = NULL;
	if (!w)
		return error_set(why, "out of memory");
	w->incomplete.fd = -1;
	w->batch = o->batch;
	if (open_writer(w, path, o, why) != 0) {
		store_leave(w, NULL, NULL);
		return -1;
	}
	*out = w;
	return 0;
}

/* ---- ending ---- */

static void
close_env(struct store_writer *w)
{
	if (w->env)
		mdb_env_close(w->env);
	w->env = NULL;
}

static void
free_writer(struct store_writer *w)
{
	close_env(w);
	incomplete_release(&w->incomplete);
	store_paths_free(&w->paths);
	buf_free(&w->last);
	buf_free(&w->key);
	buf_free(&w->value);
	free(w);
}

static int
sync_all(struct store_writer *w, struct error *why)
{
	if (sync_env(w, why) != 0)
		return -1;
	return store_sync_directory(w->paths.directory, why);
}

int
store_finish(struct store_writer *w, struct error *why)
{
	if (store_commit(w, why) != 0 || sync_all(w, why) != 0)
		return -1;
	close_env(w);
	if (incomplete_remove(&w->incomplete, w->paths.incomplete, why) != 0 ||
	    store_sync_directory(w->paths.directory, why) != 0)
		return -1;
	free_writer(w);
	return 0;
}

/* Nothing was stored: takes away what store_writer_open made. The lock file goes first, while the
 * lock on `incomplete` keeps other loaders out. */
static void
restore(struct store_writer *w)
{
	bool made_data = w->env && w->made_data;
	close_env(w);
	if (w->incomplete.fd >= 0 && !w->incomplete.found) {
		if (made_data) {
			unlink(w->paths.lock);
			unlink(w->paths.data);
		}
		incomplete_remove(&w->incomplete, w->paths.incomplete, NULL);
	}
	if (w->made_directory)
		rmdir(w->paths.directory);
}

int
store_leave(struct store_writer *w, struct store_left *left, struct error *why)
{
	int status = store_commit(w, why);
	if (w->kept == 0) {
		restore(w);
	} else if (w->env && w->unsynced && !w->lost) {
		/* A later load may go on even after a reboot. */
		if (sync_all(w, why) != 0) /* graver than the batch that is lost */
			status = -1;
		else
			incomplete_write(&w->incomplete, SYNCED_YES, NULL);
	}
	if (left)
		*left = (struct store_left){
		    w->kept, w->lost && (w->kept > 0 || w->incomplete.found)};
	free_writer(w);
	return status;
}
