#ifndef RSENC_STORE_TXN_H
#define RSENC_STORE_TXN_H

#include "base/buf.h"
#include "base/error.h"
#include "store/lmdb.h"
#include "store/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The records between two commits: an LMDB environment that is open for writing, the transaction
 * of the batch at hand, and the size of the memory map, which grows as needed. When a batch is
 * durable is the business of checkpoint.h.
 */

struct txn {
	MDB_env *env;
	MDB_txn *handle;    /* NULL: no batch is begun */
	MDB_cursor *cursor; /* of the batch: a key on the page of the last one needs no search */
	MDB_dbi table;
	int fd;                  /* of the data file */
	uint64_t limit;          /* bytes of values to commit at once */
	uint64_t page;           /* bytes */
	uint64_t size;           /* bytes of the memory map */
	void *map;               /* where it begins, or NULL: not known */
	uint64_t last_page;      /* of what is committed */
	uint64_t used;           /* pages in use: at least those that the batch will have taken */
	uint64_t tree;           /* pages that one more record may take in the tree, at most */
	uint64_t records, bytes; /* of the batch */
	uint64_t scattered;      /* its records that did not come last */
	uint64_t kept, written;  /* records committed, and bytes of their values */
	uint64_t commits;        /* batches committed */
	struct buf last;         /* the greatest key */
	bool dead;               /* the map could not be grown: LMDB must not be called */
};

/* Opens the environment for writing, and makes it if it does not exist; `size` is that of its data
 * file. Returns 0, or -1 with the reason; txn_close in either case. */
int txn_open(
    struct txn *t, const struct store_file *file, uint64_t size, uint64_t limit, struct error *why);

/* Whether a key comes after all that are stored: it will be appended. Begins a batch, and
 * waits while another program writes. Returns 1, 0, or -1 with the reason. */
int txn_is_beyond(struct txn *t, const void *key, size_t key_len, struct error *why);

/* Stores a record; commits if the batch is full. Returns 1; 0 if the key is stored already and not
 * to be replaced; -1 with the reason, the batch is lost then. */
int txn_put(struct txn *t, const void *key, size_t key_len, const void *value, size_t value_len,
    bool replace, struct error *why);

/* Commits the batch, if there is one. The data file then is as long as its pages. Returns 0, or -1
 * with the reason (the batch is lost). */
int txn_commit(struct txn *t, struct error *why);

/* Closes the environment, of which a batch that is not committed is lost, and frees everything. */
void txn_close(struct txn *t);

#endif
