#include "store/batch.h"

#include "base/system.h"
#include "store/pages.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)
#define MAP_STEP (64 * MIB) /* the least that the map grows by, and has before anything is stored */

/* LMDB writes a value, with a header of 16 bytes, by one write(2), and takes a short write for an
 * error: Linux writes up to 0x7ffff000 bytes at once. */
#define VALUE_MAX (UINT64_C(0x7ffff000) - 16)

/* Records in a batch. Keeps the dirty pages of a batch of tiny ones within LMDB's list of 131,071. */
enum { BATCH_RECORDS = 4096, FEW_RECORDS = 64 };

/* Each look into the tree maps pages of the file, 16 at a time, and they would all count as this
 * process's memory. What the system counts is looked at after so many keys, and the map is made anew
 * when it is too much. A batch looks for its place too, and copies what it changes on the way. */
enum { LOOK_EVERY = 64, LOOKUPS_OF_A_BATCH = 4, MAPPED_MOST = 20 << 20 };

/* ---- batches ---- */

static MDB_val
val_of(const struct buf *bytes)
{
	return (MDB_val){bytes->len, bytes->data};
}

static int
replace_bytes(struct buf *to, const void *bytes, size_t len)
{
	to->len = 0;
	return buf_add(to, bytes, len);
}

int
batch_abort(struct batch *b)
{
	if (b->txn)
		mdb_txn_abort(b->txn);
	b->txn = NULL;
	b->records = b->bytes = 0;
	return -1;
}

/* The greatest key, asked for once a batch: a key beyond it needs no look into the tree, and is put
 * with MDB_APPEND, which fills pages to the brim where a sorted put would split them in halves. */
static int
read_last_key(struct batch *b, struct error *why)
{
	MDB_cursor *cursor;
	MDB_val key = {0}, value;
	int rc = mdb_cursor_open(b->txn, b->table, &cursor);
	if (rc == 0) {
		rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
		mdb_cursor_close(cursor);
	}
	if (rc != 0 && rc != MDB_NOTFOUND)
		return lmdb_explain(why, rc, "reading");
	if (replace_bytes(&b->last, key.mv_data, key.mv_size) != 0)
		return error_set(why, "out of memory");
	return 0;
}

/* Sets the size of the memory map, rounded up, between two batches. The environment is of no more use
 * when it fails. */
static int
resize_map(struct batch *b, uint64_t size, struct error *why)
{
	size = (size + MIB - 1) / MIB * MIB;
	int rc = size > SIZE_MAX / 2 ? ENOMEM : mdb_env_set_mapsize(b->env, (size_t)size);
	if (rc != 0)
		return lmdb_explain(why, rc, "growing the memory map");
	b->map = size;
	return 0;
}

static void
count_pages(struct batch *b)
{
	MDB_envinfo info;
	MDB_stat stat;
	mdb_env_info(b->env, &info);
	mdb_env_stat(b->env, &stat);
	b->page = stat.ms_psize;
	b->used = info.me_last_pgno + 1;
	/* Each level is copied and perhaps split, and a new root may come on top. */
	b->tree = 2 * ((uint64_t)stat.ms_depth + 2);
}

/* Waits while another program writes to the database. */
static int
begin_txn(struct batch *b)
{
	if (b->waiting)
		waiting_begin(b->waiting);
	int rc = mdb_txn_begin(b->env, NULL, 0, &b->txn);
	if (b->waiting)
		waiting_over(b->waiting);
	return rc;
}

int
batch_begin(struct batch *b, struct error *why)
{
	if (b->txn)
		return 0;
	int rc = begin_txn(b);
	if (rc == MDB_MAP_RESIZED) { /* another program wrote meanwhile */
		MDB_envinfo info;
		mdb_env_info(b->env, &info);
		if (resize_map(b, (info.me_last_pgno + 1) * b->page + MAP_STEP, why) != 0)
			return -1;
		rc = begin_txn(b);
	}
	if (rc != 0) {
		b->txn = NULL;
		return lmdb_explain(why, rc, "writing");
	}
	if (lmdb_table(b->txn, &b->table, why) != 0 || read_last_key(b, why) != 0)
		return batch_abort(b);
	count_pages(b);
	return 0;
}

int
batch_extend_file(struct batch *b, struct error *why)
{
	MDB_envinfo info;
	struct stat st;
	int fd;
	mdb_env_info(b->env, &info);
	mdb_env_get_fd(b->env, &fd);
	off_t want = (off_t)pages_bytes(info.me_last_pgno, b->page);
	if (fstat(fd, &st) != 0 || (st.st_size < want && ftruncate(fd, want) != 0))
		return lmdb_explain(why, errno, "making the file as long as its pages");
	return 0;
}

int
batch_commit(struct batch *b, struct error *why)
{
	if (!b->txn)
		return 0;
	int rc = mdb_txn_commit(b->txn);
	b->txn = NULL;
	if (rc == 0) {
		b->kept += b->records;
		b->written += b->bytes;
		b->commits++;
	}
	b->records = b->bytes = 0;
	b->lookups += LOOKUPS_OF_A_BATCH;
	return rc == 0 ? batch_extend_file(b, why) : lmdb_explain(why, rc, "writing");
}

bool
batch_is_full(const struct batch *b)
{
	return b->bytes >= b->limit;
}

/* Whether the map holds so many more pages. LMDB needs some for its list of free pages, which may
 * be as long as the database. */
static bool
fits(const struct batch *b, uint64_t pages)
{
	return b->used + pages + 64 + b->used / 256 <= b->map / b->page;
}

/* Makes sure that a value fits, and begins a batch: LMDB can grow the map only between batches,
 * and one that hits the end of the map is lost. */
static int
make_room(struct batch *b, uint64_t value_len, struct error *why)
{
	uint64_t pages = b->tree + value_len / b->page + 2;
	if (batch_begin(b, why) != 0)
		return -1;
	if (!fits(b, pages)) {
		/* What was counted is more than what was taken: a full batch should fit, or the
		 * batches would shrink towards the end of the map. */
		uint64_t records = b->records > FEW_RECORDS ? BATCH_RECORDS : FEW_RECORDS;
		uint64_t want = pages + b->limit / b->page + b->tree * records;
		if (batch_commit(b, why) != 0 || batch_begin(b, why) != 0)
			return -1;
		if (!fits(b, want)) {
			uint64_t size = (b->used + want + 64 + b->used / 256) * b->page;
			uint64_t step = b->map / 4 > MAP_STEP ? b->map / 4 : MAP_STEP;
			batch_abort(b);
			if (resize_map(b, size > b->map + step ? size : b->map + step, why) != 0)
				return -1;
		}
		if (batch_begin(b, why) != 0)
			return -1;
	}
	b->used += pages;
	return 0;
}

/* LMDB does not tell where its map lies, so it can't be let go of by madvise as readers do: it is made
 * anew, between two batches. */
static int
drop_pages(struct batch *b, struct error *why)
{
	if (b->lookups < LOOK_EVERY)
		return 0;
	b->lookups = 0;
	if (resident_mapped() < MAPPED_MOST)
		return 0;
	return batch_commit(b, why) != 0 || resize_map(b, b->map, why) != 0 ? -1 : 0;
}

/* ---- records ---- */

/* As LMDB compares keys. */
static bool
is_beyond_last(const struct batch *b, const char *key, size_t key_len)
{
	size_t len = b->last.len < key_len ? b->last.len : key_len;
	int order = len > 0 ? memcmp(key, b->last.data, len) : 0;
	return order > 0 || (order == 0 && key_len > b->last.len);
}

int
batch_is_beyond(struct batch *b, const void *key, size_t key_len, struct error *why)
{
	return batch_begin(b, why) != 0 ? -1 : is_beyond_last(b, key, key_len);
}

/* Puts the key, with room for a value: what comes from the pipe is read to where LMDB will write it
 * from, and not copied. */
static int
reserve(struct batch *b, uint64_t value_len, void **to, struct error *why)
{
	if (make_room(b, value_len, why) != 0)
		return -1;
	bool beyond = is_beyond_last(b, b->key.data, b->key.len);
	MDB_val key = val_of(&b->key), value = {(size_t)value_len, NULL};
	int rc = mdb_put(b->txn, b->table, &key, &value, MDB_RESERVE | (beyond ? MDB_APPEND : 0));
	if (rc != 0) {
		lmdb_explain(why, rc, "writing");
		return batch_abort(b);
	}
	if (beyond && replace_bytes(&b->last, b->key.data, b->key.len) != 0) {
		error_set(why, "out of memory");
		return batch_abort(b);
	}
	b->bytes += value_len;
	*to = value.mv_data;
	return 0;
}

/* Whether the key at hand is there: 1, 0, or -1 with the reason. */
static int
is_stored(struct batch *b, struct error *why)
{
	MDB_val key = val_of(&b->key), old;
	if (is_beyond_last(b, b->key.data, b->key.len))
		return 0;
	b->lookups++;
	int rc = mdb_get(b->txn, b->table, &key, &old);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return lmdb_explain(why, rc, "reading");
	return rc == 0;
}

/* Room for a value that replaces another lies outside of LMDB until the value is whole: mdb_put would
 * have overwritten the old one, and a record that is cut off could not be undone. */
static int
reserve_aside(struct batch *b, uint64_t value_len, void **to, struct error *why)
{
	b->value.len = 0;
	if (buf_try_reserve(&b->value, (size_t)value_len + 1) != 0)
		return error_set(why, "out of memory");
	b->value.len = (size_t)value_len;
	*to = b->value.data;
	return 0;
}

enum batch_put
batch_put(struct batch *b, const void *key, size_t key_len, uint64_t value_len, bool replace,
    void **to, struct error *why)
{
	if (value_len > VALUE_MAX) {
		error_set(why, "the value has %llu bytes: LMDB can store up to %llu",
		    (unsigned long long)value_len, (unsigned long long)VALUE_MAX);
		return BATCH_FAILED;
	}
	if (replace_bytes(&b->key, key, key_len) != 0) {
		error_set(why, "out of memory");
		return BATCH_FAILED;
	}
	/* A large record is alone in its batch: to undo it leaves no hole in the file. */
	bool full = b->records > 0 &&
	            (b->bytes + value_len > b->limit || b->records == BATCH_RECORDS);
	if ((full && batch_commit(b, why) != 0) || drop_pages(b, why) != 0 ||
	    batch_begin(b, why) != 0)
		return BATCH_FAILED;
	int stored = is_stored(b, why);
	if (stored > 0 && !replace)
		return BATCH_EXISTS;
	b->replacing = stored > 0;
	int status = stored < 0     ? -1
	             : b->replacing ? reserve_aside(b, value_len, to, why)
	                            : reserve(b, value_len, to, why);
	return status == 0 ? BATCH_ROOM : BATCH_FAILED;
}

int
batch_keep(struct batch *b, struct error *why)
{
	if (b->replacing) {
		void *to;
		if (reserve(b, b->value.len, &to, why) != 0)
			return -1;
		memcpy(to, b->value.data, b->value.len);
	}
	b->records++;
	return 0;
}

int
batch_undo(struct batch *b, struct error *why)
{
	if (b->replacing)
		return 0;
	/* Deleting it would leave its pages on the free list of a file that has nothing else. */
	if (b->records == 0) {
		batch_abort(b);
		return 0;
	}
	MDB_val key = val_of(&b->key);
	int rc = mdb_del(b->txn, b->table, &key, NULL);
	if (rc != 0) {
		lmdb_explain(why, rc, "undoing");
		return batch_abort(b);
	}
	return read_last_key(b, why);
}

/* ---- the environment ---- */

int
batch_open(struct batch *b, const char *path, bool single, uint64_t size, uint64_t limit,
    struct error *why)
{
	*b = (struct batch){.limit = limit};
	int rc = mdb_env_create(&b->env);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	if (resize_map(b, size + MAP_STEP, why) != 0)
		return -1;
	/* Read ahead would fetch values that nobody looks at. */
	/* Readers of points (durable.h) are held by the thread that also writes: MDB_NOTLS. */
	rc = mdb_env_open(
	    b->env, path, MDB_NORDAHEAD | MDB_NOTLS | (single ? MDB_NOSUBDIR : 0), 0666);
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	int dead; /* readers that were killed keep pages from being used again */
	mdb_reader_check(b->env, &dead);
	return 0;
}

void
batch_close(struct batch *b)
{
	batch_abort(b);
	if (b->env)
		mdb_env_close(b->env);
	buf_free(&b->last);
	buf_free(&b->key);
	buf_free(&b->value);
	*b = (struct batch){.env = NULL};
}
