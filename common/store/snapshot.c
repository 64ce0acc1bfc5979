#include "store/snapshot.h"

#include "store/lmdb_format.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

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
count_free(const struct snapshot *s, uint64_t first_missing)
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
only_free_missing(const struct snapshot *s, const struct lmdb_extent *e)
{
	struct sigaction action = {.sa_handler = on_missing_page}, before;
	volatile bool complete = false;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &before);
	if (sigsetjmp(missing_page, 1) == 0)
		complete = count_free(s, e->size / e->page_size) >= e->missing;
	sigaction(SIGBUS, &before, NULL);
	return complete;
}

/* ---- opening ---- */

/* The map is as large as the file: the size that the file names may be whatever its maker had set,
 * up to hundreds of terabytes. */
static int
open_env(struct snapshot *s, const struct store_file *file, uint64_t size)
{
	unsigned flags = MDB_RDONLY | (file->subdir ? 0 : MDB_NOSUBDIR);
	int rc = mdb_env_create(&s->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, (size_t)size);
	if (rc == 0)
		rc = mdb_env_open(s->env, file->env, flags | (s->unlocked ? MDB_NOLOCK : 0), 0);
	return rc;
}

static int
begin(struct snapshot *s, struct error *why)
{
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	if (rc == MDB_MAP_RESIZED) { /* a loader was faster; LMDB raises 1 to what is needed */
		s->map = (struct lmdb_map){.touched = 0};
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
	s->taken = mdb_txn_id(s->txn);
	return 0;
}

static int
open_cursor(struct snapshot *s, struct error *why)
{
	if (lmdb_table(s->txn, &s->table, why) != 0)
		return -1;
	int rc = mdb_cursor_open(s->txn, s->table, &s->cursor);
	return rc == 0 ? 0 : lmdb_explain(why, rc, "reading");
}

int
snapshot_open(struct snapshot *s, const struct store_file *file, struct error *why)
{
	struct lmdb_extent extent;
	*s = (struct snapshot){.unlocked = access(file->lock, R_OK | W_OK) != 0};
	if (lmdb_extent(file->data, &extent, why) != 0)
		return -1;
	s->sparse = extent.sparse;
	s->page_size = extent.page_size;
	int rc = open_env(s, file, extent.size);
	/* LMDB can't lock even where its file may be written to: no locks over the network or in
	 * user space, no shared maps, a file system that was made read-only. */
	if (!s->unlocked && rc > 0) {
		mdb_env_close(s->env);
		s->unlocked = true;
		s->cause = rc;
		rc = open_env(s, file, extent.size);
	}
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	if (begin(s, why) != 0)
		return -1;
	if (extent.missing > 0 && !only_free_missing(s, &extent))
		return lmdb_refuse_truncated(&extent, why);
	return open_cursor(s, why);
}

/* ---- without locks ---- */

static size_t
newest(const struct snapshot *s)
{
	MDB_envinfo info;
	/* What was read from the pages must have been read before this. */
	atomic_thread_fence(memory_order_seq_cst);
	mdb_env_info(s->env, &info);
	return info.me_last_txnid;
}

bool
snapshot_holds(const struct snapshot *s)
{
	return !s->unlocked || newest(s) - s->taken <= 1;
}

static void
end(struct snapshot *s)
{
	if (s->cursor)
		mdb_cursor_close(s->cursor);
	if (s->txn)
		mdb_txn_abort(s->txn);
	s->cursor = NULL;
	s->txn = NULL;
}

int
snapshot_renew(struct snapshot *s, struct error *why)
{
	if (!s->unlocked || newest(s) == s->taken)
		return 0;
	end(s);
	return begin(s, why) == 0 ? open_cursor(s, why) : -1;
}

void
snapshot_close(struct snapshot *s)
{
	end(s);
	if (s->env)
		mdb_env_close(s->env);
	*s = (struct snapshot){.env = NULL};
}
