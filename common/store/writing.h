#ifndef RSENC_STORE_WRITING_H
#define RSENC_STORE_WRITING_H

#include "base/buf.h"
#include "store/incomplete.h"
#include "store/lmdb.h"
#include "store/paths.h"
#include "store/writer.h"

/* What store_write.c (a load from its beginning to its end) and store_batch.c (the records in
 * between) share. */

struct store_writer {
	struct store_paths paths;
	struct incomplete incomplete;
	uint64_t batch; /* limit, bytes */
	bool made_directory, made_data;
	bool unsynced; /* batches are not synced */
	bool lost;     /* a sync of such batches failed */

	MDB_env *env;
	MDB_txn *txn; /* of the current batch, or NULL */
	MDB_dbi table;
	uint64_t page;           /* bytes */
	uint64_t map;            /* bytes of the memory map */
	uint64_t used;           /* pages in use: at least those that the batch will have taken */
	uint64_t tree;           /* pages that one more record may take in the tree, at most */
	uint64_t records, bytes; /* of the batch */
	uint64_t kept;
	unsigned lookups; /* of keys, since the map was made */
	struct buf last;  /* the greatest key */
	struct buf key;   /* of the record at hand */
	struct buf value; /* a replacement: it goes in when it is whole */
	bool replacing;
};

/* Sets the size of the memory map, rounded up. There must be no batch. Returns 0, or -1 with the
 * reason: the environment is of no more use then. */
int store_resize_map(struct store_writer *w, uint64_t size, struct error *why);

/* Begins a batch unless there is one. Returns 0, or -1 with the reason. */
int store_begin(struct store_writer *w, struct error *why);

/* Commits the batch, if there is one. Returns 0, or -1 with the reason (the batch is lost). */
int store_commit(struct store_writer *w, struct error *why);

/* Loses the batch, if there is one. Returns -1. */
int store_drop(struct store_writer *w);

#endif
