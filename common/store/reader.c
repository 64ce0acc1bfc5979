#include "store/reader.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/system.h"
#include "store/lmdb.h"
#include "store/lmdb_format.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct store {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	MDB_cursor *cursor;
	uint64_t touched; /* bytes at most, since memory was looked at */
	struct lmdb_extent extent;
	bool unlocked;         /* read without locks */
	uint64_t walked;       /* records that store_next found */
	struct buf key, value; /* copies, where there are no locks */
	struct buf last;       /* key that store_next found */
};

/* ---- pages that are missing at the end ---- */

static sigjmp_buf missing_page;

static void
on_missing_page(int signal)
{
	(void)signal;
	siglongjmp(missing_page, 1);
}

/* Counts the pages behind the end of the file that LMDB's list of free pages names: table 0, whose
 * values are a count and as many page numbers. */
static uint64_t
count_free(const struct store *s, uint64_t first_missing)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	uint64_t count = 0;
	if (mdb_cursor_open(s->txn, 0, &cursor) != 0)
		return 0;
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		const size_t *pages = value.mv_data;
		size_t listed = value.mv_size / sizeof *pages;
		for (size_t i = 1; i < listed && i <= pages[0]; i++)
			count += pages[i] >= first_missing;
	}
	mdb_cursor_close(cursor);
	return count;
}

/* Whether all pages that are missing are free: LMDB never writes some of those at the end. The list
 * itself may be what is missing, which reads as a bus error. */
static bool
only_free_missing(const struct store *s)
{
	struct sigaction action = {.sa_handler = on_missing_page}, before;
	const uint64_t first = s->extent.size / s->extent.page_size;
	volatile bool complete = false;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &before);
	if (sigsetjmp(missing_page, 1) == 0)
		complete = count_free(s, first) >= s->extent.want / s->extent.page_size - first;
	sigaction(SIGBUS, &before, NULL);
	return complete;
}

/* ---- opening ---- */

/* The map is as large as the file: the size that the file names may be whatever its maker had set,
 * up to hundreds of terabytes. */
static int
open_env(struct store *s, const struct store_file *file)
{
	unsigned flags = MDB_RDONLY | (file->subdir ? 0 : MDB_NOSUBDIR);
	int rc = lmdb_env(&s->env, s->extent.size);
	if (rc == 0)
		rc = mdb_env_open(s->env, file->env, flags | (s->unlocked ? MDB_NOLOCK : 0), 0);
	return rc;
}

/* Takes the newest state. */
static int
begin(struct store *s, struct error *why)
{
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	if (rc == MDB_MAP_RESIZED) { /* a loader was faster; LMDB raises 1 to what is needed */
		rc = mdb_env_set_mapsize(s->env, 1);
		if (rc == 0)
			rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	}
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	MDB_envinfo info;
	mdb_env_info(s->env, &info);
	s->extent.base = 0;
	s->extent.mapped = info.me_mapsize;
	s->extent.txn = mdb_txn_id(s->txn);
	if (lmdb_table(s->txn, &s->table, why) != 0)
		return -1;
	rc = mdb_cursor_open(s->txn, s->table, &s->cursor);
	return rc == 0 ? 0 : lmdb_explain(why, rc, "reading");
}

/* ---- without locks ---- */

static size_t
newest(const struct store *s)
{
	MDB_envinfo info;
	/* What was read from the pages must have been read before this. */
	atomic_thread_fence(memory_order_seq_cst);
	mdb_env_info(s->env, &info);
	return info.me_last_txnid;
}

/* Whether what was read since the state was taken is right. */
static bool
is_valid(const struct store *s)
{
	return !s->unlocked || newest(s) - s->extent.txn <= 1;
}

static void
end(struct store *s)
{
	if (s->cursor)
		mdb_cursor_close(s->cursor);
	if (s->txn)
		mdb_txn_abort(s->txn);
	s->cursor = NULL;
	s->txn = NULL;
}

/* Takes the newest state if there is a newer one. */
static int
renew(struct store *s, struct error *why)
{
	if (!s->unlocked || newest(s) == s->extent.txn)
		return 0;
	end(s);
	return begin(s, why);
}

/* ---- memory ---- */

/* Bytes of the map that stay mapped. */
#define WALK_MAPPED ((size_t)32 << 20)
#define LOOKUP_MAPPED ((size_t)1 << 30)

/* Pages of the map count as this process's memory as long as they are mapped, and some batch
 * systems end a job for that: unmaps all of them when they have become many, by what the system
 * says and not by a count of lookups, so that few large values and many small ones cost what they
 * must. They come back from the page cache when they are looked at again. A walk looks at each
 * once, but lookups in random order at all of them again and again: 32 MiB made them 4 times as
 * expensive.
 *
 * Each page brings neighbours along: 64 KiB by Linux's fault-around, but 2 MiB where the page cache
 * holds the file in huge pages. So the look comes after every eighth record. It costs half a
 * microsecond. */
static void
drop_pages(struct store *s, uint64_t bytes, size_t most)
{
	enum { NEIGHBOURS = 64 << 10, LOOK_EVERY = 8 * NEIGHBOURS };
	s->touched += NEIGHBOURS + bytes;
	if (s->touched < LOOK_EVERY)
		return;
	s->touched = 0;
	/* Where the map begins is not known of a file with larger pages than the machine's. */
	if (s->extent.base && resident_mapped() >= most)
		madvise((void *)s->extent.base, s->extent.mapped, MADV_DONTNEED);
}

/* ---- one value ---- */

/* Copies what may not stay as it is. */
static void
keep_copy(struct buf *to, MDB_val *v)
{
	to->len = 0;
	buf_add(to, v->mv_data, v->mv_size);
	*v = (MDB_val){to->len, to->data};
}

static int
find(struct store *s, MDB_cursor_op op, MDB_val *k, MDB_val *v, bool read, struct error *why);

/* A key that was not found: the way there must be sound, and the keys beside it must be less and
 * greater, for a separator that was damaged leads to one of the two leaves beside it. Returns 0, or
 * -1 with the reason. */
static int
confirm_missing(struct store *s, const MDB_val *key, struct error *why)
{
	MDB_val near = {0, NULL}, v;
	int got = s->extent.base ? 1 : find(s, MDB_FIRST, &near, &v, false, why);
	if (got <= 0 || !s->extent.base)
		return got < 0 ? -1 : 0;
	if (!lmdb_way_is_sound(&s->extent, key->mv_data, key->mv_size))
		return error_set(why, LMDB_DAMAGED);
	near = *key;
	int rc = mdb_cursor_get(s->cursor, &near, &v, MDB_SET_RANGE);
	bool sound = rc == MDB_NOTFOUND || (rc == 0 && mdb_cmp(s->txn, s->table, &near, key) > 0);
	rc = mdb_cursor_get(s->cursor, &near, &v, rc == 0 ? MDB_PREV : MDB_LAST);
	sound &= rc == MDB_NOTFOUND || (rc == 0 && mdb_cmp(s->txn, s->table, &near, key) < 0);
	return sound ? 0 : error_set(why, LMDB_DAMAGED);
}

/* What the cursor finds, checked; without locks it is copied. Returns as store_get. */
static int
find(struct store *s, MDB_cursor_op op, MDB_val *k, MDB_val *v, bool read, struct error *why)
{
	int rc = mdb_cursor_get(s->cursor, k, v, op);
	if (rc == MDB_BAD_VALSIZE && op == MDB_SET_KEY)
		return 0; /* too long for a key */
	if (rc == MDB_NOTFOUND)
		return op == MDB_SET_KEY ? confirm_missing(s, k, why) : 0;
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	/* Without holes a look is free where the value is read anyway. */
	bool look = read || s->extent.sparse;
	if (lmdb_check_record(&s->extent, k->mv_data, v->mv_data, v->mv_size, look, why) != 0)
		return -1;
	drop_pages(s, read ? v->mv_size : 0, op == MDB_SET_KEY ? LOOKUP_MAPPED : WALK_MAPPED);
	if (!s->unlocked)
		return 1;
	keep_copy(&s->key, k);
	if (read)
		keep_copy(&s->value, v);
	return 1;
}

/* ---- opening ---- */

uint64_t
store_count(const struct store *s)
{
	MDB_stat stat;
	return mdb_stat(s->txn, s->table, &stat) == 0 ? stat.ms_entries : 0;
}

static int
open_store(struct store *s, const struct store_file *file, struct error *why)
{
	s->unlocked = access(file->lock, R_OK | W_OK) != 0;
	if (lmdb_extent(file->data, &s->extent, why) != 0)
		return -1;
	int rc = open_env(s, file);
	/* LMDB can't lock even where its file may be written to: no locks over the network or in
	 * user space, no shared maps, a file system that was made read-only. */
	if (!s->unlocked && rc > 0) {
		mdb_env_close(s->env);
		s->unlocked = true;
		rc = open_env(s, file);
	}
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	int dead; /* readers that were killed keep their places, which are few */
	mdb_reader_check(s->env, &dead);
	if (begin(s, why) != 0)
		return -1;
	if (s->extent.size < s->extent.want && !only_free_missing(s))
		return lmdb_refuse_truncated(&s->extent, why);
	/* With the first record the root is checked. */
	MDB_val k, v;
	return find(s, MDB_FIRST, &k, &v, false, why) < 0 && is_valid(s) ? -1 : 0;
}

int
store_open_file(const struct store_file *file, struct store **out, struct error *why)
{
	*out = xcalloc(1, sizeof **out);
	if (open_store(*out, file, why) == 0)
		return 0;
	store_close(*out);
	*out = NULL;
	return -1;
}

/* ---- reading ---- */

/* Without locks a writer may overtake: then the newest state is looked at, until that holds. */
int
store_get(struct store *s, const void *key, size_t key_len, const void **value, size_t *value_len,
    struct error *why)
{
	MDB_val k, v = {0, NULL};
	int got;
	do {
		k = (MDB_val){key_len, (void *)(uintptr_t)key};
		if (renew(s, why) != 0)
			return -1;
		got = find(s, MDB_SET_KEY, &k, &v, value != NULL, why);
	} while (!is_valid(s));
	if (value) {
		*value = v.mv_data;
		*value_len = v.mv_size;
	}
	return got;
}

int
store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why)
{
	MDB_val k, v;
	int got = find(s, s->walked > 0 ? MDB_NEXT : MDB_FIRST, &k, &v, value != NULL, why);
	if (!is_valid(s))
		return error_set(why, "a load changed the database while it was read without "
		                      "locks: read the database again");
	if (got == 0 && s->walked != store_count(s))
		return error_set(why, LMDB_DAMAGED);
	if (got <= 0)
		return got;
	MDB_val last = {s->last.len, s->last.data};
	if (s->walked++ > 0 && mdb_cmp(s->txn, s->table, &last, &k) >= 0)
		return error_set(why, LMDB_DAMAGED);
	last = k;
	keep_copy(&s->last, &last);
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
	end(s);
	if (s->env)
		mdb_env_close(s->env);
	buf_free(&s->key);
	buf_free(&s->value);
	buf_free(&s->last);
	free(s);
}
