#include "store/txn.h"

#include "base/bytes.h"
#include "base/system.h"
#include "store/lmdb_format.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)
#define MAP_STEP (64 * MIB) /* the least that the map grows by, and has before anything is stored */

/* Records in a batch, and those of them that did not come last: each may change a page of its own,
 * which is in memory until the commit. */
enum { BATCH_RECORDS = 4096, SCATTERED_RECORDS = 2048, FEW_RECORDS = 64 };

/* Pages of the file that searches of the tree have mapped count as this process's memory: when they
 * have become so many bytes, they are unmapped. They come back from the page cache when they are
 * needed. A record that did not come last maps 64 KiB, by the neighbours of its page, so that the
 * look comes after every 32nd. */
enum { MAPPED_MOST = 8 << 20, LOOK_EVERY = 32 };

/* ---- batches ---- */

/* Loses the batch, if there is one. Returns -1. */
static int
drop_batch(struct txn *t)
{
	if (t->handle)
		mdb_txn_abort(t->handle);
	t->handle = NULL;
	t->records = t->bytes = t->scattered = 0;
	return -1;
}

static void
set_last(struct txn *t, const void *key, size_t key_len)
{
	t->last.len = 0;
	buf_add(&t->last, key, key_len);
}

static void
drop_pages(const struct txn *t)
{
	if (t->map && t->scattered % LOOK_EVERY == 0 && resident_mapped() >= MAPPED_MOST)
		madvise(t->map, t->size, MADV_DONTNEED);
}

/* The greatest key, asked for once per batch: a key beyond it needs no search, and is put with
 * MDB_APPEND, which fills pages to the brim where a sorted put would split them in halves. */
static int
read_last_key(struct txn *t, struct error *why)
{
	MDB_val key = {0}, value;
	int rc = mdb_cursor_open(t->handle, t->table, &t->cursor);
	if (rc == 0)
		rc = mdb_cursor_get(t->cursor, &key, &value, MDB_LAST);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return lmdb_explain(why, rc, "reading");
	set_last(t, key.mv_data, key.mv_size);
	t->map = rc == 0 ? lmdb_map(key.mv_data, t->page) : NULL;
	return 0;
}

/* Sets the size of the memory map, rounded up, between two batches. LMDB unmaps the old one first,
 * so the environment is of no more use when this fails. */
static int
resize_map(struct txn *t, uint64_t size, struct error *why)
{
	size = (size + MIB - 1) / MIB * MIB;
	int rc = size > SIZE_MAX / 2 ? ENOMEM : mdb_env_set_mapsize(t->env, (size_t)size);
	t->dead = rc != 0;
	if (rc != 0)
		return lmdb_explain(why, rc, "growing the memory map");
	t->size = size;
	return 0;
}

/* Reads the figures of what is committed. */
static void
count_pages(struct txn *t)
{
	MDB_envinfo info;
	MDB_stat stat;
	mdb_env_info(t->env, &info);
	mdb_env_stat(t->env, &stat);
	t->page = stat.ms_psize;
	t->last_page = info.me_last_pgno;
	t->used = t->last_page + 1;
	/* Each level is copied and perhaps split, and a new root may come on top. */
	t->tree = 2 * ((uint64_t)stat.ms_depth + 2);
}

/* Begins a batch unless there is one. */
static int
begin_batch(struct txn *t, struct error *why)
{
	if (t->handle)
		return 0;
	if (resident_mapped() >= MAPPED_MOST && resize_map(t, t->size, why) != 0)
		return -1;
	int rc = mdb_txn_begin(t->env, NULL, 0, &t->handle);
	if (rc == MDB_MAP_RESIZED) { /* another program wrote meanwhile */
		count_pages(t);
		if (resize_map(t, (t->last_page + 1) * t->page + MAP_STEP, why) != 0)
			return -1;
		rc = mdb_txn_begin(t->env, NULL, 0, &t->handle);
	}
	if (rc != 0) {
		t->handle = NULL;
		return lmdb_explain(why, rc, "writing");
	}
	if (lmdb_table(t->handle, &t->table, why) != 0 || read_last_key(t, why) != 0)
		return drop_batch(t);
	count_pages(t);
	return 0;
}

/* LMDB leaves pages at the end of the file unwritten that were taken and given back, and a file
 * that is shorter than its pages looks truncated. */
static int
extend_file(struct txn *t, struct error *why)
{
	struct stat st;
	count_pages(t);
	off_t want = (off_t)((t->last_page + 1) * t->page);
	if (fstat(t->fd, &st) != 0 || (st.st_size < want && ftruncate(t->fd, want) != 0))
		return lmdb_explain(why, errno, "making the file as long as its pages");
	return 0;
}

int
txn_commit(struct txn *t, struct error *why)
{
	if (!t->handle)
		return 0;
	int rc = mdb_txn_commit(t->handle);
	t->handle = NULL;
	if (rc == 0) {
		t->kept += t->records;
		t->written += t->bytes;
		t->commits++;
	}
	t->records = t->bytes = t->scattered = 0;
	return rc == 0 ? extend_file(t, why) : lmdb_explain(why, rc, "writing");
}

/* Whether the map holds so many more pages. LMDB needs some for its list of free pages, which may
 * be as long as the database. */
static bool
fits(const struct txn *t, uint64_t pages)
{
	return t->used + pages + 64 + t->used / 256 <= t->size / t->page;
}

/* The pages that a record takes, at most. */
static uint64_t
pages_of(const struct txn *t, uint64_t value_len)
{
	return t->tree + value_len / t->page + 2;
}

/* Commits, as LMDB can grow the map only between batches, and grows it. */
static int
grow(struct txn *t, uint64_t pages, struct error *why)
{
	/* What was counted is more than what was taken: a full batch should fit, or the batches
	 * would shrink towards the end of the map. */
	uint64_t records = t->records > FEW_RECORDS ? BATCH_RECORDS : FEW_RECORDS;
	uint64_t want = pages + t->limit / t->page + t->tree * records;
	if (txn_commit(t, why) != 0 || begin_batch(t, why) != 0)
		return -1;
	if (fits(t, want))
		return 0;
	uint64_t size = (t->used + want + 64 + t->used / 256) * t->page;
	uint64_t step = t->size / 4 > MAP_STEP ? t->size / 4 : MAP_STEP;
	drop_batch(t);
	if (resize_map(t, size > t->size + step ? size : t->size + step, why) != 0)
		return -1;
	return begin_batch(t, why);
}

/* ---- records ---- */

static bool
is_beyond_last(const struct txn *t, const void *key, size_t key_len)
{
	return bytes_compare(key, key_len, t->last.data, t->last.len) > 0;
}

int
txn_is_beyond(struct txn *t, const void *key, size_t key_len, struct error *why)
{
	return begin_batch(t, why) != 0 ? -1 : is_beyond_last(t, key, key_len);
}

/* A batch that hits the end of the map is lost. */
static int
make_room(struct txn *t, uint64_t value_len, struct error *why)
{
	bool full = t->bytes + value_len > t->limit || t->records == BATCH_RECORDS ||
	            t->scattered == SCATTERED_RECORDS;
	if (t->records > 0 && full && txn_commit(t, why) != 0)
		return -1;
	if (begin_batch(t, why) != 0)
		return -1;
	uint64_t pages = pages_of(t, value_len);
	return fits(t, pages) ? 0 : grow(t, pages, why);
}

int
txn_put(struct txn *t, const void *key, size_t key_len, const void *value, size_t value_len,
    bool replace, struct error *why)
{
	MDB_val k = {key_len, (void *)(uintptr_t)key}, v = {value_len, (void *)(uintptr_t)value};
	if (make_room(t, value_len, why) != 0)
		return -1;
	bool beyond = is_beyond_last(t, key, key_len);
	unsigned flags = beyond ? MDB_APPEND : replace ? 0 : MDB_NOOVERWRITE;
	int rc = mdb_cursor_put(t->cursor, &k, &v, flags);
	if (rc == MDB_KEYEXIST && !beyond && !replace)
		return 0;
	if (rc != 0) {
		lmdb_explain(why, rc, "writing");
		error_prefix(why, "%.*s", (int)key_len, (const char *)key);
		return drop_batch(t);
	}
	if (beyond)
		set_last(t, key, key_len);
	t->used += pages_of(t, value_len);
	if (!beyond) {
		t->scattered++;
		drop_pages(t);
	}
	t->bytes += value_len;
	t->records++;
	return t->bytes >= t->limit && txn_commit(t, why) != 0 ? -1 : 1;
}

/* ---- the environment ---- */

int
txn_open(
    struct txn *t, const struct store_file *file, uint64_t size, uint64_t limit, struct error *why)
{
	*t = (struct txn){.limit = limit, .fd = -1};
	int rc = lmdb_env(&t->env, MIB);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	if (resize_map(t, size + MAP_STEP, why) != 0)
		return -1;
	/* Read ahead would fetch values that nobody looks at. Readers of checkpoints are held by
	 * the thread that also writes: MDB_NOTLS. */
	unsigned flags = MDB_NORDAHEAD | MDB_NOTLS | (file->subdir ? 0 : MDB_NOSUBDIR);
	rc = mdb_env_open(t->env, file->env, flags, 0666);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	mdb_env_get_fd(t->env, &t->fd);
	int dead; /* readers that were killed keep pages from being used again */
	mdb_reader_check(t->env, &dead);
	count_pages(t);
	return 0;
}

void
txn_close(struct txn *t)
{
	drop_batch(t);
	if (t->env && !t->dead)
		mdb_env_close(t->env);
	t->env = NULL;
	buf_free(&t->last);
}
