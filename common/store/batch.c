#include "store/writing.h"

#include <errno.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define MAP_STEP (64 * MIB) /* the least that the map grows by */

/* LMDB writes a value, with a header of 16 bytes, by one write(2), and takes a short write for an
 * error: Linux writes up to 0x7ffff000 bytes at once. */
#define VALUE_MAX (UINT64_C(0x7ffff000) - 16)

/* Records in a batch. Keeps the dirty pages of a batch of tiny ones within LMDB's list of 131,071. */
enum { BATCH_RECORDS = 4096 };

/* Keys looked up before the map is made anew. Each look into the tree maps pages of the file, 16 at
 * a time, and they would all count as this process's memory. A batch looks for its place too, and
 * copies what it changes on the way. */
enum { LOOKUPS_MAX = 256, LOOKUPS_OF_A_BATCH = 4 };

/* ---- batches ---- */

static MDB_val
val(const struct buf *b)
{
	return (MDB_val){b->len, b->data};
}

/* Replaces the contents. */
static int
set(struct buf *b, const void *bytes, size_t len)
{
	b->len = 0;
	return buf_add(b, bytes, len);
}

/* Loses the batch. */
int
store_drop(struct store_writer *w)
{
	if (w->txn)
		mdb_txn_abort(w->txn);
	w->txn = NULL;
	w->records = w->bytes = 0;
	return -1;
}

static int
find_last(struct store_writer *w, struct error *why)
{
	MDB_cursor *cursor;
	MDB_val key = {0}, value;
	int rc = mdb_cursor_open(w->txn, w->table, &cursor);
	if (rc == 0) {
		rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
		mdb_cursor_close(cursor);
	}
	if (rc != 0 && rc != MDB_NOTFOUND)
		return store_fail(why, rc, "reading");
	if (set(&w->last, key.mv_data, key.mv_size) != 0)
		return error_set(why, "out of memory");
	return 0;
}

int
store_resize_map(struct store_writer *w, uint64_t size, struct error *why)
{
	size = (size + MIB - 1) / MIB * MIB;
	int rc = size > SIZE_MAX / 2 ? ENOMEM : mdb_env_set_mapsize(w->env, (size_t)size);
	if (rc != 0)
		return store_fail(why, rc, "growing the memory map");
	w->map = size;
	return 0;
}

static void
count_pages(struct store_writer *w)
{
	MDB_envinfo info;
	MDB_stat stat;
	mdb_env_info(w->env, &info);
	mdb_env_stat(w->env, &stat);
	w->page = stat.ms_psize;
	w->used = info.me_last_pgno + 1;
	/* Each level is copied and perhaps split, and a new root may come on top. */
	w->tree = 2 * ((uint64_t)stat.ms_depth + 2);
}

int
store_begin(struct store_writer *w, struct error *why)
{
	if (w->txn)
		return 0;
	int rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
	if (rc == MDB_MAP_RESIZED) { /* another program wrote meanwhile */
		MDB_envinfo info;
		mdb_env_info(w->env, &info);
		if (store_resize_map(w, (info.me_last_pgno + 1) * w->page + MAP_STEP, why) != 0)
			return -1;
		rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
	}
	if (rc != 0) {
		w->txn = NULL;
		return store_fail(why, rc, "writing");
	}
	if (store_table(w->txn, &w->table, why) != 0 || find_last(w, why) != 0)
		return store_drop(w);
	count_pages(w);
	return 0;
}

int
store_commit(struct store_writer *w, struct error *why)
{
	if (!w->txn)
		return 0;
	int rc = mdb_txn_commit(w->txn);
	w->txn = NULL;
	if (rc == 0)
		w->kept += w->records;
	w->records = w->bytes = 0;
	w->lookups += LOOKUPS_OF_A_BATCH;
	return rc == 0 ? 0 : store_fail(why, rc, "writing");
}

/* Whether the map holds so many more pages. LMDB needs some for its list of free pages, which may
 * be as long as the database. */
static bool
fits(const struct store_writer *w, uint64_t pages)
{
	return w->used + pages + 64 + w->used / 256 <= w->map / w->page;
}

/* Makes sure that a value fits, and begins a batch: LMDB can grow the map only between batches,
 * and one that hits the end of the map is lost. */
static int
make_room(struct store_writer *w, uint64_t value_len, struct error *why)
{
	uint64_t pages = w->tree + value_len / w->page + 2;
	if (store_begin(w, why) != 0)
		return -1;
	if (!fits(w, pages)) {
		/* What was counted is more than what was taken: a full batch should fit, or the
		 * batches would shrink towards the end of the map. */
		uint64_t want = pages + w->batch / w->page + w->tree * 64;
		if (store_commit(w, why) != 0 || store_begin(w, why) != 0)
			return -1;
		if (!fits(w, want)) {
			uint64_t size = (w->used + want + 64 + w->used / 256) * w->page;
			uint64_t step = w->map / 4 > MAP_STEP ? w->map / 4 : MAP_STEP;
			store_drop(w);
			if (store_resize_map(w, size > w->map + step ? size : w->map + step, why) !=
			    0)
				return -1;
		}
		if (store_begin(w, why) != 0)
			return -1;
	}
	w->used += pages;
	return 0;
}

static int
unmap_seen(struct store_writer *w, struct error *why)
{
	if (w->lookups < LOOKUPS_MAX)
		return 0;
	w->lookups = 0;
	return store_commit(w, why) != 0 || store_resize_map(w, w->map, why) != 0 ? -1 : 0;
}

/* ---- records ---- */

/* As LMDB compares keys. */
static bool
is_beyond_last(const struct store_writer *w)
{
	size_t len = w->last.len < w->key.len ? w->last.len : w->key.len;
	int order = len > 0 ? memcmp(w->key.data, w->last.data, len) : 0;
	return order > 0 || (order == 0 && w->key.len > w->last.len);
}

/* Puts the key, with room for a value. */
static int
reserve(struct store_writer *w, uint64_t value_len, void **to, struct error *why)
{
	if (make_room(w, value_len, why) != 0)
		return -1;
	bool beyond = is_beyond_last(w);
	MDB_val key = val(&w->key), value = {(size_t)value_len, NULL};
	int rc = mdb_put(w->txn, w->table, &key, &value, MDB_RESERVE | (beyond ? MDB_APPEND : 0));
	if (rc != 0) {
		store_fail(why, rc, "writing");
		return store_drop(w);
	}
	if (beyond && set(&w->last, w->key.data, w->key.len) != 0) {
		error_set(why, "out of memory");
		return store_drop(w);
	}
	w->bytes += value_len;
	*to = value.mv_data;
	return 0;
}

enum store_put
store_put(struct store_writer *w, const void *key, size_t key_len, uint64_t value_len, bool replace,
    void **to, struct error *why)
{
	MDB_val old;
	if (value_len > VALUE_MAX) {
		error_set(why, "the value has %llu bytes: LMDB can store up to %llu",
		    (unsigned long long)value_len, (unsigned long long)VALUE_MAX);
		return STORE_FAILED;
	}
	if (set(&w->key, key, key_len) != 0) {
		error_set(why, "out of memory");
		return STORE_FAILED;
	}
	/* A large record is alone in its batch: to undo it leaves no hole in the file. */
	bool full = w->records > 0 &&
	            (w->bytes + value_len > w->batch || w->records == BATCH_RECORDS);
	if ((full && store_commit(w, why) != 0) || unmap_seen(w, why) != 0 ||
	    store_begin(w, why) != 0)
		return STORE_FAILED;
	MDB_val k = val(&w->key);
	int rc = MDB_NOTFOUND;
	if (!is_beyond_last(w)) {
		w->lookups++;
		rc = mdb_get(w->txn, w->table, &k, &old);
	}
	if (rc == 0 && !replace)
		return STORE_EXISTS;
	if (rc != 0 && rc != MDB_NOTFOUND) {
		store_fail(why, rc, "reading");
		return STORE_FAILED;
	}
	w->replacing = rc == 0;
	w->value.len = 0;
	if (!w->replacing)
		rc = reserve(w, value_len, to, why);
	else if (buf_reserve(&w->value, (size_t)value_len + 1) != 0)
		rc = error_set(why, "out of memory");
	else
		rc = 0;
	if (rc != 0)
		return STORE_FAILED;
	if (w->replacing) {
		w->value.len = (size_t)value_len;
		*to = w->value.data;
	}
	return STORE_ROOM;
}

int
store_keep(struct store_writer *w, struct error *why)
{
	if (w->replacing) {
		void *to;
		if (reserve(w, w->value.len, &to, why) != 0)
			return -1;
		memcpy(to, w->value.data, w->value.len);
	}
	w->records++;
	return w->bytes >= w->batch ? store_commit(w, why) : 0;
}

int
store_undo(struct store_writer *w, struct error *why)
{
	if (w->replacing)
		return 0;
	if (w->records == 0) {
		store_drop(w);
		return 0;
	}
	MDB_val key = val(&w->key);
	int rc = mdb_del(w->txn, w->table, &key, NULL);
	if (rc != 0) {
		store_fail(why, rc, "undoing");
		return store_drop(w);
	}
	return find_last(w, why);
}
