#include "store.h"

#include "incomplete.h"
#include "store_lmdb.h"
#include "store_paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct store {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	MDB_cursor *cursor;
	bool started; /* store_next was called */
	enum incomplete_state state;
};

/* The map is as large as the file: the size that the file names may be whatever its maker had set,
 * up to hundreds of terabytes. */
static int
open_env(
    struct store *s, const char *path, const struct stat *data, unsigned flags, struct error *why)
{
	int rc = mdb_env_create(&s->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, (size_t)data->st_size);
	if (rc == 0)
		rc = mdb_env_open(s->env, path, flags, 0);
	if (rc == EACCES && !(flags & MDB_NOLOCK)) {
		if (s->state == INCOMPLETE_LOADING)
			return error_set(
			    why, "a load is going on, and its lock file can't be opened: wait");
		mdb_env_close(s->env);
		s->env = NULL;
		return open_env(s, path, data, flags | MDB_NOLOCK, why);
	}
	return rc == 0 ? 0 : store_fail(why, rc, "opening");
}

static int
start(struct store *s, const char *path, const struct stat *data, unsigned flags, struct error *why)
{
	if (open_env(s, path, data, flags, why) != 0)
		return -1;
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	if (rc == MDB_MAP_RESIZED) { /* a loader was faster; LMDB raises 1 to what is needed */
		rc = mdb_env_set_mapsize(s->env, 1);
		if (rc == 0)
			rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	}
	if (rc != 0)
		return store_fail(why, rc, "reading");
	if (store_table(s->txn, &s->table, why) != 0)
		return -1;
	rc = mdb_cursor_open(s->txn, s->table, &s->cursor);
	return rc == 0 ? 0 : store_fail(why, rc, "reading");
}

static int
open_paths(
    struct store *s, const char *path, const struct store_paths *p, bool single, struct error *why)
{
	struct stat data;
	if (stat(p->data, &data) != 0) {
		int missing = errno == ENOENT;
		error_errno(why, "there is no database");
		return missing ? 1 : -1;
	}
	if (!S_ISREG(data.st_mode))
		return error_set(why, "this is no database");
	if (data.st_size == 0) {
		error_set(why, "the database is empty: its load was killed as it began");
		return 1;
	}
	s->state = incomplete_look(p->incomplete);
	return start(s, path, &data, MDB_RDONLY | (single ? MDB_NOSUBDIR : 0), why);
}

int
store_open(const char *path, struct store **out, struct error *why)
{
	struct stat st;
	struct store_paths paths = {0};
	bool single = stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
	struct store *s = calloc(1, sizeof *s);
	int status = -1;
	if (!s || store_paths_make(&paths, path, single) != 0)
		error_set(why, "out of memory");
	else
		status = open_paths(s, path, &paths, single, why);
	store_paths_free(&paths);
	if (status != 0) {
		store_close(s);
		s = NULL;
	}
	*out = s;
	return status;
}

const char *
store_warning(const struct store *s)
{
	static const char *const warnings[] = {
	    [INCOMPLETE_NONE] = NULL,
	    [INCOMPLETE_LOADING] = "a load into it is going on: this is what it has committed",
	    [INCOMPLETE_ENDED] = "incomplete: a load into it was interrupted and not finished",
	    [INCOMPLETE_LOST] =
	        "incomplete and perhaps damaged: a load without syncs was interrupted "
	        "by a reboot (remove the database and load again)",
	};
	return warnings[s->state];
}

uint64_t
store_count(const struct store *s)
{
	MDB_stat stat;
	return mdb_stat(s->txn, s->table, &stat) == 0 ? stat.ms_entries : 0;
}

int
store_get(struct store *s, const void *key, size_t key_len, const void **value, size_t *value_len,
    struct error *why)
{
	MDB_val k = {key_len, (void *)(uintptr_t)key}, v;
	int rc = mdb_get(s->txn, s->table, &k, &v);
	if (rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE) /* no such key is possible */
		return 0;
	if (rc != 0)
		return store_fail(why, rc, "reading");
	*value = v.mv_data;
	*value_len = v.mv_size;
	return 1;
}

int
store_has(struct store *s, const void *key, size_t key_len, struct error *why)
{
	const void *value;
	size_t len;
	return store_get(s, key, key_len, &value, &len, why);
}

int
store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why)
{
	MDB_val k, v;
	int rc = mdb_cursor_get(s->cursor, &k, &v, s->started ? MDB_NEXT : MDB_FIRST);
	s->started = true;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return store_fail(why, rc, "reading");
	*key = k.mv_data;
	*key_len = k.mv_size;
	*value = v.mv_data;
	*value_len = v.mv_size;
	return 1;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	if (s->cursor)
		mdb_cursor_close(s->cursor);
	if (s->txn)
		mdb_txn_abort(s->txn);
	if (s->env)
		mdb_env_close(s->env);
	free(s);
}
