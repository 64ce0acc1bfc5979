#ifndef RSENC_STORE_SNAPSHOT_H
#define RSENC_STORE_SNAPSHOT_H

#include "base/error.h"
#include "store/lmdb.h"
#include "store/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An environment that is open for reading, and the state of it at one moment.
 *
 * With locks that state stays as it is. Nothing is changed by reading, so a lock file is not made
 * where there is none, and where there is one that can't be used (another user's, a read-only disk,
 * a file system without locks) it is read without: then pages of the snapshot may be used again by
 * a writer. LMDB leaves alone what the last two commits use, so what was read holds if at most one
 * commit came meanwhile, as snapshot_holds tells.
 */

struct snapshot {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	MDB_cursor *cursor;
	struct lmdb_map map;
	uint64_t page_size;
	size_t taken; /* the transaction that it shows */
	bool unlocked, sparse;
	int cause; /* errno: why locks can't be had here; 0 if they are not allowed or needed */
};

/* Opens a database's file, and refuses what rsenc can't read or load into: another format, another
 * kind of table, a truncated copy. Returns 0, or -1 with the reason; then snapshot_close in either
 * case. Call it before there are threads. */
int snapshot_open(struct snapshot *s, const struct store_file *file, struct error *why);

/* Whether what was read from it since it was taken is right. */
bool snapshot_holds(const struct snapshot *s);

/* Without locks: takes the newest state if there is a newer one. Returns 0, or -1 with the reason.
 * */
int snapshot_renew(struct snapshot *s, struct error *why);

void snapshot_close(struct snapshot *s);

#endif
