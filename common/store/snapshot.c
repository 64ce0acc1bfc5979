#include "store/snapshot.h"

#include "store/lockfile.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- the lock file ---- */

/* Whether LMDB can use the lock file as it is. */
static bool
may_lock(const char *path)
{
	return access(path, R_OK | W_OK) == 0 && lockfile_back(path, false) == 0;
}

/* The reasons for which LMDB can't lock where its file may be written to: no locks over the network
 * or in user space, no shared maps, a file system that was made read-only. */
static bool
is_lack_of_locks(int rc)
{
	static const int causes[] = {
	    EACCES, EPERM, EROFS, ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL, ENODEV, EIO};
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		if (rc == causes[i])
			return true;
	}
	return false;
}

/* ---- opening ---- */

/* The map is as large as the file: the size that the file names may be whatever its maker had set,
 * up to hundreds of terabytes. */
static int
open_env(struct snapshot *s, const char *path, const struct stat *data, unsigned flags)
{
	int rc = mdb_env_create(&s->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, (size_t)data->st_size);
	if (rc == 0)
		rc = mdb_env_open(s->env, path, flags | (s->unlocked ? MDB_NOLOCK : 0), 0);
	return rc;
}

static int
begin(struct snapshot *s)
{
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
	return rc;
}

int
snapshot_open(struct snapshot *s, const char *path, const struct store_paths *p, bool single,
    const struct stat *data, struct error *why)
{
	unsigned flags = MDB_RDONLY | (single ? MDB_NOSUBDIR : 0);
	*s = (struct snapshot){.unlocked = !may_lock(p->lock)};
	int rc = open_env(s, path, data, flags);
	if (!s->unlocked && is_lack_of_locks(rc)) {
		mdb_env_close(s->env);
		s->unlocked = true;
		s->cause = rc;
		rc = open_env(s, path, data, flags);
	}
	if (rc != 0)
		return lmdb_explain(why, rc, "opening");
	rc = begin(s);
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	s->taken = mdb_txn_id(s->txn);
	if (lmdb_table(s->txn, &s->table, why) != 0)
		return -1;
	rc = mdb_cursor_open(s->txn, s->table, &s->cursor);
	if (rc == 0)
		rc = mdb_cursor_open(s->txn, s->table, &s->lookup);
	return rc == 0 ? 0 : lmdb_explain(why, rc, "reading");
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

int
snapshot_renew(struct snapshot *s, struct error *why)
{
	if (!s->unlocked || newest(s) == s->taken)
		return 0;
	mdb_txn_reset(s->txn);
	int rc = mdb_txn_renew(s->txn);
	if (rc == MDB_MAP_RESIZED) {
		rc = mdb_env_set_mapsize(s->env, 1);
		if (rc == 0)
			rc = mdb_txn_renew(s->txn);
	}
	if (rc == 0)
		rc = mdb_cursor_renew(s->txn, s->lookup);
	if (rc == 0)
		rc = mdb_cursor_renew(s->txn, s->cursor);
	if (rc != 0)
		return lmdb_explain(why, rc, "reading");
	s->taken = mdb_txn_id(s->txn);
	return 0;
}

void
snapshot_close(struct snapshot *s)
{
	if (s->lookup)
		mdb_cursor_close(s->lookup);
	if (s->cursor)
		mdb_cursor_close(s->cursor);
	if (s->txn)
		mdb_txn_abort(s->txn);
	if (s->env)
		mdb_env_close(s->env);
	*s = (struct snapshot){.env = NULL};
}
