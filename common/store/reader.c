#include "store/reader.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "store/lmdb.h"
#include "store/lmdb_format.h"
#include "store/tree.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store {
	MDB_env *env; /* its transaction keeps writers away from the pages that are read */
	MDB_txn *txn;
	struct lmdb_extent extent;
	struct meta meta;
	struct tree tree;
	bool unlocked;   /* read without locks */
	uint64_t walked; /* records that store_next found */
};

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

static void
end(struct store *s)
{
	if (s->txn)
		mdb_txn_abort(s->txn);
	s->txn = NULL;
}

static int
begin_txn(struct store *s)
{
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	if (rc == MDB_MAP_RESIZED) { /* a loader was faster; LMDB raises 1 to what is needed */
		rc = mdb_env_set_mapsize(s->env, 1);
		if (rc == 0)
			rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	}
	return rc;
}

/* Takes the newest state. A loader may have used its meta page again at once, which no lock
 * prevents. */
static int
begin(struct store *s, struct error *why)
{
	int fd, rc, tries = 100;
	MDB_dbi table;
	mdb_env_get_fd(s->env, &fd);
	do {
		end(s);
		rc = begin_txn(s);
		if (rc != 0)
			return lmdb_explain(why, rc, "reading");
		if (tries-- == 0)
			return error_set(why,
			    "lock.mdb belongs to another data file, which a program still reads: "
			    "end that program");
	} while (!lmdb_read_meta(fd, s->extent.page_size, mdb_txn_id(s->txn), &s->meta));
	if (lmdb_table(s->txn, &table, why) != 0)
		return -1;
	return tree_start(&s->tree, fd, &s->meta, &s->meta.table, why);
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
	return !s->unlocked || newest(s) - mdb_txn_id(s->txn) <= 1;
}

/* Takes the newest state if there is a newer one. */
static int
renew(struct store *s, struct error *why)
{
	return !s->unlocked || newest(s) == mdb_txn_id(s->txn) ? 0 : begin(s, why);
}

/* ---- opening ---- */

uint64_t
store_count(const struct store *s)
{
	return s->meta.table.entries;
}

/* Counts the pages behind the end of the file that the lists of free pages name, whose values are
 * a count and as many page numbers. */
static uint64_t
count_free(struct store *s, uint64_t first_missing)
{
	const void *value;
	size_t len, page;
	uint64_t count = 0;
	int got = tree_start(&s->tree, s->tree.fd, &s->meta, &s->meta.free, NULL);
	for (bool first = true; got >= 0 && (got = tree_next(&s->tree, first, NULL)) > 0;
	     first = false) {
		got = tree_value(&s->tree, false, &value, &len, NULL);
		for (size_t at = sizeof page; got == 0 && at + sizeof page <= len;
		     at += sizeof page) {
			memcpy(&page, (const char *)value + at, sizeof page);
			count += page >= first_missing;
		}
	}
	return count;
}

/* Whether all pages that are missing are free: LMDB never writes some of those at the end. The list
 * itself may be what is missing. */
static bool
only_free_missing(struct store *s)
{
	const uint64_t first = s->extent.size / s->extent.page_size;
	return count_free(s, first) >= s->extent.want / s->extent.page_size - first;
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
	return begin(s, why) == 0 && (tree_next(&s->tree, true, why) >= 0 || !is_valid(s)) ? 0 : -1;
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
	size_t unused;
	int got;
	do {
		if (renew(s, why) != 0)
			return -1;
		got = tree_find(&s->tree, key, key_len, why);
		if (got > 0 && tree_value(&s->tree, s->extent.sparse, value,
		                   value_len ? value_len : &unused, why) != 0)
			got = -1;
	} while (!is_valid(s));
	return got;
}

int
store_next(struct store *s, const void **key, size_t *key_len, const void **value,
    size_t *value_len, struct error *why)
{
	int got = tree_next(&s->tree, s->walked == 0, why);
	if (got > 0 && tree_value(&s->tree, s->extent.sparse, value, value_len, why) != 0)
		got = -1;
	if (!is_valid(s))
		return error_set(why, "a load changed the database while it was read without "
		                      "locks: read the database again");
	if (got == 0 && s->walked != store_count(s))
		return error_set(why, LMDB_DAMAGED);
	if (got <= 0)
		return got;
	s->walked++;
	*key = tree_key(&s->tree).bytes;
	*key_len = tree_key(&s->tree).len;
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
	tree_free(&s->tree);
	free(s);
}
