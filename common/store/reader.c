#include "store/reader.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "store/lmdb.h"
#include "store/lmdb_format.h"
#include "store/paths.h"
#include "store/snapshot.h"
#include "store/state.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAPPED_MOST = 32 << 20 };

struct store {
	struct snapshot snapshot;
	bool started; /* store_next was called */
	enum store_state state;
	struct buf key, value; /* copies, where there are no locks */
	char warning[400];
};

/* ---- opening ---- */

static int
open_paths(struct store *s, const struct store_paths *p, struct error *why)
{
	const struct store_file *file;
	s->state = store_inspect(p, &file, why);
	/* What a torn one shows can't be relied on: what is missing would be thought to exist. */
	if (s->state == STORE_ABSENT)
		return 1;
	if (s->state == STORE_TORN || s->state == STORE_REFUSED)
		return -1;
	return snapshot_open(&s->snapshot, file, why);
}

int
store_open(const char *path, struct store **out, struct error *why)
{
	struct stat st, loading;
	struct store_paths paths;
	struct store *s = xcalloc(1, sizeof *s);
	/* A single file that is being loaded has another name yet. */
	bool exists = stat(path, &st) == 0;
	store_paths_make(&paths, path, true);
	bool single = exists ? !S_ISDIR(st.st_mode) : stat(paths.loading.data, &loading) == 0;
	store_paths_free(&paths);
	store_paths_make(&paths, path, single);
	int status = open_paths(s, &paths, why);
	store_paths_free(&paths);
	if (status != 0) {
		store_close(s);
		s = NULL;
	}
	*out = s;
	return status;
}

const char *
store_warning(struct store *s)
{
	const char *state =
	    s->state == STORE_LOADING ? "a load into it is running: this is what it has committed"
	    : s->state == STORE_INTERRUPTED
	        ? "incomplete: an earlier load was interrupted (loading again completes it)"
	        : "";
	int cause = s->snapshot.cause;
	if (cause == 0)
		return *state ? state : NULL;
	snprintf(s->warning, sizeof s->warning,
	    "%s%sread without locks, which can't be had here (%s): nothing may write to it "
	    "meanwhile",
	    state, *state ? "; " : "", strerror(cause));
	return s->warning;
}

uint64_t
store_count(const struct store *s)
{
	MDB_stat stat;
	return mdb_stat(s->snapshot.txn, s->snapshot.table, &stat) == 0 ? stat.ms_entries : 0;
}

/* ---- one value ---- */

/* A download that was broken off may leave a file of the right size with holes in it. A value's own
 * zeros may be holes as well, after a copy that makes them; the page that it begins with never is
 * all zero. Looked at only where there are holes: it costs a page. */
static int
check_hole(const struct snapshot *s, const MDB_val *value, struct error *why)
{
	if (!s->sparse || !lmdb_is_hole(value->mv_data, s->page_size))
		return 0;
	return error_set(why, "a part of its data file was never written: copy it again, whole");
}

/* Copies what may not stay as it is. */
static void
keep_copy(struct buf *to, MDB_val *v)
{
	to->len = 0;
	buf_add(to, v->mv_data, v->mv_size);
	*v = (MDB_val){to->len, to->data};
}

/* What the cursor finds, checked; without locks it is copied. Returns as store_get. */
static int
find(struct store *s, MDB_cursor_op op, MDB_val *k, MDB_val *v, bool read, struct error *why)
{
	struct snapshot *snapshot = &s->snapshot;
	int rc = mdb_cursor_get(snapshot->cursor, k, v, op);
	if (rc == MDB_NOTFOUND || (rc == MDB_BAD_VALSIZE && op == MDB_SET_KEY)) /* no such key */
		return 0;
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	if (check_hole(snapshot, v, why) != 0)
		return -1;
	lmdb_map_touch(&snapshot->map, snapshot->env, read ? v->mv_size : 0, MAPPED_MOST);
	if (!snapshot->unlocked)
		return 1;
	keep_copy(&s->key, k);
	if (read)
		keep_copy(&s->value, v);
	return 1;
}

/* Without locks a writer may overtake: then the newest state is looked at, until that holds. */
int
store_get(struct store *s, const void *key, size_t key_len, const void **value, size_t *value_len,
    struct error *why)
{
	enum { TRIES = 1000 };
	for (int tries = 0; tries < TRIES; tries++) {
		MDB_val k = {key_len, (void *)(uintptr_t)key}, v = {0, NULL};
		if (snapshot_renew(&s->snapshot, why) != 0)
			return -1;
		int got = find(s, MDB_SET_KEY, &k, &v, value != NULL, why);
		if (!snapshot_holds(&s->snapshot))
			continue;
		if (value) {
			*value = v.mv_data;
			*value_len = v.mv_size;
		}
		return got;
	}
	return error_set(why, "it is written to faster than it can be read without locks: wait");
}

int
store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why)
{
	MDB_val k, v;
	if (!s->started && snapshot_renew(&s->snapshot, why) != 0)
		return -1;
	int got = find(s, s->started ? MDB_NEXT : MDB_FIRST, &k, &v, value != NULL, why);
	s->started = true;
	if (!snapshot_holds(&s->snapshot))
		return error_set(
		    why, "it was written to while it was read without locks: read it again");
	if (got <= 0)
		return got;
	*key = k.mv_data;
	*key_len = k.mv_size;
	*value_len = v.mv_size;
	if (value)
		*value = v.mv_data;
	return 1;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	snapshot_close(&s->snapshot);
	buf_free(&s->key);
	buf_free(&s->value);
	free(s);
}
