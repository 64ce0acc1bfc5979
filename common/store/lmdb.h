#ifndef RSENC_STORE_LMDB_H
#define RSENC_STORE_LMDB_H

#include "base/error.h"

#include <lmdb.h>
#include <stdint.h>

/* Shared by the modules of the store. Only these include lmdb.h. */

/* LMDB 1.0 (0.9.80 and later are its previews) has another file format, which no Python reader and
 * no tool of LMDB 0.9 opens. */
#if MDB_VERSION_FULL >= MDB_VERINT(0, 9, 80)
#error "rsenc needs LMDB 0.9 (the lmdb package before 1.0): LMDB 1.0 writes another file format"
#endif

/* The reason of a failed LMDB call, with its remedy; returns -1. */
int lmdb_explain(struct error *why, int rc, const char *doing);

/* An environment with a map of that size, whose failed assertions, of a damaged database, abort
 * without a word. Returns as LMDB. */
int lmdb_env(MDB_env **env, uint64_t map_size);

/* Opens the one unnamed table, which must have the plain kind: bytewise order, one value per key.
 * Returns 0, or -1 with the reason. */
int lmdb_table(MDB_txn *txn, MDB_dbi *table, struct error *why);

#endif
