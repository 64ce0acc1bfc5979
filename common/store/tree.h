#ifndef RSENC_STORE_TREE_H
#define RSENC_STORE_TREE_H

#include "base/buf.h"
#include "base/error.h"
#include "store/lmdb_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The records of a table as one transaction left them, read from the data file. LMDB believes what
 * a page says: a damaged branch leads it past keys that are stored, without an error. Here each
 * page is checked when it is read: its number and its kind, that its entries fill it and are in
 * order; and on the way down, that its keys lie between the separators above it. The format is that
 * of MDB_page and MDB_node in mdb.c.
 */

enum { TREE_DEPTH = 32, TREE_CACHED = 256 }; /* levels, as in LMDB; pages kept of each */

struct tree_key {
	const unsigned char *bytes; /* NULL: no bound */
	size_t len;
};

struct tree_level {
	const unsigned char *page;
	unsigned at, count;        /* the entry that the way leads through, and the number of all */
	struct tree_key low, high; /* least key, and the one behind the greatest */
};

/* Static: all zero is a tree that was never read. */
struct tree {
	struct meta_table table;
	uint64_t page_size, pages; /* of the file */
	int fd;
	struct tree_level levels[TREE_DEPTH];
	struct tree_page {
		size_t number; /* 0: none */
		unsigned char *bytes;
	} cache[TREE_DEPTH][TREE_CACHED];
	struct buf value; /* a large one, with the head of its first page */
};

/* Takes another state of the file, or another table: pages that were read are read again. Returns
 * 0, or -1 with the reason. */
int tree_start(struct tree *t, int fd, const struct meta *meta, const struct meta_table *table,
    struct error *why);

/* Goes to the record of a key. Returns 1, 0 if there is none, -1 with the reason. */
int tree_find(struct tree *t, const void *key, size_t len, struct error *why);

/* Goes to the first record, or to the next one. Returns as tree_find. */
int tree_next(struct tree *t, bool first, struct error *why);

/* The record that was found; key and value live until the next call. With `value` NULL only its
 * size is wanted; `look` then reads the head of its first page all the same. Returns 0, or -1 with
 * the reason. */
struct tree_key tree_key(const struct tree *t);
int tree_value(struct tree *t, bool look, const void **value, size_t *value_len, struct error *why);

void tree_free(struct tree *t);

#endif
