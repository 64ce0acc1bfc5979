#ifndef RSENC_STORE_BATCH_H
#define RSENC_STORE_BATCH_H

#include "base/buf.h"
#include "base/error.h"
#include "store/lmdb.h"
#include "store/waiting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The records between two commits: an LMDB environment that is open for writing, the transaction
 * of the batch at hand, and the size of the memory map, which grows as needed. What makes a
 * database durable is the writer's business (writer.h).
 */

struct batch {
	MDB_env *env;
	MDB_txn *txn; /* NULL: no batch is begun */
	MDB_dbi table;
	uint64_t limit;          /* bytes of values to commit at once */
	uint64_t page;           /* bytes */
	uint64_t map;            /* bytes of the memory map */
	uint64_t used;           /* pages in use: at least those that the batch will have taken */
	uint64_t tree;           /* pages that one more record may take in the tree, at most */
	uint64_t records, bytes; /* of the batch */
	uint64_t kept, written;  /* records committed, and bytes of their values */
	uint64_t commits;        /* batches committed */
	unsigned lookups;        /* of keys, since the map was made */
	struct buf last;         /* the greatest key */
	struct buf key;          /* of the record at hand */
	struct buf value;        /* a replacement: it goes in when it is whole */
	bool replacing;
	struct waiting
	    *waiting; /* the caller's, around what may wait for another program; or NULL */
};

/* Opens the environment for writing, and makes it if it is missing; `size` is that of its data file.
 * Returns 0, or -1 with the reason; batch_close in either case. */
int batch_open(struct batch *b, const char *path, bool single, uint64_t size, uint64_t limit,
    struct error *why);

/* Begins a batch unless there is one. Returns 0, or -1 with the reason. */
int batch_begin(struct batch *b, struct error *why);

/* Whether a key comes after all that are stored: it will be appended. Begins a batch. Returns 1, 0,
 * or -1 with the reason. */
int batch_is_beyond(struct batch *b, const void *key, size_t key_len, struct error *why);

enum batch_put { BATCH_ROOM, BATCH_EXISTS, BATCH_FAILED };

/* Makes room for a record: *to is where the caller puts all of its value. Then batch_keep or
 * batch_undo must be called. BATCH_EXISTS: the key is there and `replace` is false; there is
 * nothing to keep or undo. BATCH_FAILED comes with the reason; the batch may be lost. */
enum batch_put batch_put(struct batch *b, const void *key, size_t key_len, uint64_t value_len,
    bool replace, void **to, struct error *why);

/* The record is whole. Returns 0, or -1 with the reason (the batch is lost then). */
int batch_keep(struct batch *b, struct error *why);

/* Takes the record back; a record that it was to replace is still there. Returns 0, or -1 with the
 * reason (the batch is lost then). */
int batch_undo(struct batch *b, struct error *why);

/* Whether the batch holds as much as its limit, so that it is time to commit. */
bool batch_is_full(const struct batch *b);

/* Commits the batch, if there is one. Returns 0, or -1 with the reason (the batch is lost). */
int batch_commit(struct batch *b, struct error *why);

/* Makes the data file as long as its pages: LMDB leaves pages at its end unwritten that were taken and
 * given back, and a file that is shorter than its pages can't be told from one that was cut off
 * (pages.h). Between two batches; batch_commit does it too. Returns 0, or -1 with the reason. */
int batch_extend_file(struct batch *b, struct error *why);

/* Loses the batch, if there is one. Returns -1. */
int batch_abort(struct batch *b);

/* Closes the environment, of which a batch that is not committed is lost, and frees everything. */
void batch_close(struct batch *b);

#endif
