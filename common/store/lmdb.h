#ifndef RSENC_STORE_LMDB_H
#define RSENC_STORE_LMDB_H

#include "base/error.h"

#include <lmdb.h>

/* What the store modules share. Only these include lmdb.h. */

/* The reason of a failed LMDB call, with its hint; returns -1. */
int lmdb_explain(struct error *why, int rc, const char *doing);

/* Opens the one unnamed table, which must have the plain kind: bytewise order, one value a key.
 * Returns 0, or -1 with the reason. */
int lmdb_table(MDB_txn *txn, MDB_dbi *table, struct error *why);

#endif
