#include "store/reader.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/system.h"
#include "store/inspect.h"
#include "store/lmdb.h"
#include "store/lmdb_format.h"
#include "store/paths.h"
#include "store/snapshot.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct span {
	uintptr_t low, high; /* addresses; the same: nothing */
};

struct store {
	struct snapshot snapshot;
	bool started; /* store_next was called */
	enum store_state state;
	struct span seen;      /* of the map, handed out ever */
	uint64_t touched;      /* bytes at most, since memory was looked at */
	struct buf key, value; /* copies, where there are no locks */
	char warning[400];
};

/* ---- memory ---- */

/* Pages of the map count as this process's memory as long as they are mapped: lets go of all of
 * them when they have become many, by what the system says and not by a count of lookups, so
 * that few large values and many small ones, in any order, cost what they must. They come back
 * from the page cache when they are looked at again.
 *
 * Each page brings neighbours along: 64 KiB by Linux's fault-around, but 2 MiB where the page
 * cache holds the file in huge pages. So the look comes after every eighth lookup: with 64 in
 * between, keys in random order took 127 MB. It costs half a microsecond. */
static void
drop_pages(struct store *s, const MDB_val *key, const MDB_val *value, bool read)
{
	enum { NEIGHBOURS = 64 << 10, LOOK_EVERY = 8 * NEIGHBOURS, MOST = 32 << 20 };
	const MDB_val *parts[] = {key, value};
	for (int i = 0; i < 2; i++) {
		uintptr_t low = (uintptr_t)parts[i]->mv_data, high = low + parts[i]->mv_size;
		if (s->seen.low == s->seen.high || low < s->seen.low)
			s->seen.low = low;
		if (high > s->seen.high)
			s->seen.high = high;
	}
	s->touched += NEIGHBOURS + (read ? value->mv_size : 0);
	if (s->touched < LOOK_EVERY)
		return;
	s->touched = 0;
	if (resident_mapped() < MOST)
		return;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), low = s->seen.low - s->seen.low % page;
	madvise((void *)low, s->seen.high - low, MADV_DONTNEED);
}

/* ---- opening ---- */

static int
open_paths(struct store *s, const struct store_paths *p, struct error *why)
{
	const struct store_file *file;
	s->state = store_inspect(p, &file, why);
	/* What a torn one shows can't be relied on, and what is missing would be thought to exist.
	 * */
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
check_hole(const struct store *s, const MDB_val *value, struct error *why)
{
	MDB_stat stat;
	if (!s->snapshot.sparse || mdb_stat(s->snapshot.txn, s->snapshot.table, &stat) != 0 ||
	    !lmdb_is_hole(value->mv_data, stat.ms_psize))
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

/* What a cursor finds, checked; without locks it is copied. `read`: the value will be looked at.
 * Returns as store_get. */
static int
reader_take(struct store *s, MDB_cursor *cursor, MDB_cursor_op op, MDB_val *k, MDB_val *v,
    bool read, struct error *why)
{
	int rc = mdb_cursor_get(cursor, k, v, op);
	if (rc == MDB_NOTFOUND || (rc == MDB_BAD_VALSIZE && op == MDB_SET_KEY)) /* no such key */
		return 0;
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	if (check_hole(s, v, why) != 0)
		return -1;
	drop_pages(s, k, v, read);
	if (!s->snapshot.unlocked)
		return 1;
	if (op != MDB_SET_KEY)
		keep_copy(&s->key, k);
	if (read)
		keep_copy(&s->value, v);
	return 1;
}

/* Without locks a writer may overtake: then the newest state is looked at, until that holds. */
static int
look_up(struct store *s, const void *key, size_t key_len, MDB_val *v, bool read, struct error *why)
{
	enum { TRIES = 1000 };
	for (int tries = 0; tries < TRIES; tries++) {
		MDB_val k = {key_len, (void *)(uintptr_t)key};
		if (snapshot_renew(&s->snapshot, why) != 0)
			return -1;
		int got = reader_take(s, s->snapshot.lookup, MDB_SET_KEY, &k, v, read, why);
		if (snapshot_holds(&s->snapshot))
			return got;
	}
	return error_set(why, "it is written to faster than it can be read without locks: wait");
}

int
store_get(struct store *s, const void *key, size_t key_len, const void **value, size_t *value_len,
    struct error *why)
{
	MDB_val v;
	int got = look_up(s, key, key_len, &v, true, why);
	if (got > 0) {
		*value = v.mv_data;
		*value_len = v.mv_size;
	}
	return got;
}

int
store_has(struct store *s, const void *key, size_t key_len, struct error *why)
{
	MDB_val v;
	return look_up(s, key, key_len, &v, false, why);
}

int
store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why)
{
	MDB_val k, v;
	if (!s->started && snapshot_renew(&s->snapshot, why) != 0)
		return -1;
	int got = reader_take(
	    s, s->snapshot.cursor, s->started ? MDB_NEXT : MDB_FIRST, &k, &v, value != NULL, why);
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
