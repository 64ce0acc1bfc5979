#include "store/reader.h"

#include "store/incomplete.h"
#include "store/lmdb.h"
#include "store/paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct span {
	uintptr_t low, high; /* addresses; the same: nothing */
};

struct store {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	MDB_cursor *lookup; /* of store_get */
	MDB_cursor *cursor; /* of store_next */
	bool started;       /* store_next was called */
	enum incomplete_state state;
	struct span now, all; /* of the map, handed out: since pages were let go of, and ever */
	uint64_t seen;        /* bytes of the values in `now` */
	unsigned times;       /* pages were let go of */
};

static struct span
span_join(struct span a, struct span b)
{
	if (a.low == a.high)
		return b;
	if (b.low == b.high)
		return a;
	return (struct span){a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

static struct span
span_of(const MDB_val *v)
{
	return (struct span){(uintptr_t)v->mv_data, (uintptr_t)v->mv_data + v->mv_size};
}

/* Pages of the map count as this process's memory as long as they are mapped: lets go of those that
 * were handed out, from time to time. They come back from the file if they are looked at again. Each
 * page brought neighbours along, outside of what is let go of: now and then it is all of the map. */
static void
drop_pages(struct store *s, const MDB_val *key, const MDB_val *value)
{
	enum { MOST = 8 << 20, NEIGHBOURS = 64 << 10, ALL_EVERY = 64 };
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (s->seen >= MOST) {
		struct span span = ++s->times % ALL_EVERY == 0 ? s->all : s->now;
		span.low -= span.low % page;
		madvise((void *)span.low, span.high - span.low, MADV_DONTNEED);
		s->now = (struct span){0, 0};
		s->seen = 0;
	}
	s->now = span_join(s->now, span_join(span_of(key), span_of(value)));
	s->all = span_join(s->all, s->now);
	s->seen += value->mv_size + NEIGHBOURS;
}

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
	return rc == 0 ? 0 : lmdb_explain(why, rc, "opening");
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
	if (rc == MDB_READERS_FULL) { /* readers that were killed keep their places */
		int dead;
		mdb_reader_check(s->env, &dead);
		rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	}
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	if (lmdb_table(s->txn, &s->table, why) != 0)
		return -1;
	rc = mdb_cursor_open(s->txn, s->table, &s->cursor);
	if (rc == 0)
		rc = mdb_cursor_open(s->txn, s->table, &s->lookup);
	return rc == 0 ? 0 : lmdb_explain(why, rc, "reading");
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
	        "incomplete and perhaps damaged: what a load without syncs stored may not have "
	        "reached the disk (remove the database and load again)",
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
	int rc = mdb_cursor_get(s->lookup, &k, &v, MDB_SET_KEY);
	if (rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE) /* no such key is possible */
		return 0;
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	drop_pages(s, &k, &v);
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
		return lmdb_explain(why, rc, "reading");
	*key = k.mv_data;
	*key_len = k.mv_size;
	drop_pages(s, &k, &v);
	*value = v.mv_data;
	*value_len = v.mv_size;
	return 1;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	if (s->lookup)
		mdb_cursor_close(s->lookup);
	if (s->cursor)
		mdb_cursor_close(s->cursor);
	if (s->txn)
		mdb_txn_abort(s->txn);
	if (s->env)
		mdb_env_close(s->env);
	free(s);
}
