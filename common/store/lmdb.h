#ifndef RSENC_STORE_LMDB_H
#define RSENC_STORE_LMDB_H

#include "base/error.h"

#include <lmdb.h>
#include <stddef.h>
#include <stdint.h>

/* What the store modules share. Only these include lmdb.h. */

/* LMDB 1.0 (0.9.80 and later are its previews) has another file format, which no Python reader and
 * no tool of LMDB 0.9 opens. */
#if MDB_VERSION_FULL >= MDB_VERINT(0, 9, 80)
#error "rsenc needs LMDB 0.9 (the lmdb package before 1.0): LMDB 1.0 writes another file format"
#endif

/* The reason of a failed LMDB call, with its remedy; returns -1. */
int lmdb_explain(struct error *why, int rc, const char *doing);

/* Opens the one unnamed table, which must have the plain kind: bytewise order, one value per key.
 * Returns 0, or -1 with the reason. */
int lmdb_table(MDB_txn *txn, MDB_dbi *table, struct error *why);

/* The memory map of an environment. Pages of it count as this process's memory as long as they are
 * mapped. All zero: nothing is known of it. */
struct lmdb_map {
	uintptr_t low, high; /* where it is; the same: not looked up, or no more */
	uint64_t touched;    /* bytes at most, since memory was looked at */
};

/* A key was looked up, and `bytes` of its value will be looked at: unmaps all pages if they have
 * become more than `most` bytes. They come back from the page cache when they are needed. */
void lmdb_map_touch(struct lmdb_map *m, MDB_env *env, uint64_t bytes, size_t most);

#endif
