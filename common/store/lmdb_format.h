#ifndef RSENC_STORE_LMDB_FORMAT_H
#define RSENC_STORE_LMDB_FORMAT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * LMDB's data file, as far as LMDB itself does not answer. The format is described by the comments
 * of mdb.c (MDB_meta, MDB_page), and has not changed since version 0.9.0. Two meta pages lead the
 * file; the one with the greater transaction number counts. LMDB trusts the file to be as long as
 * that page says: a missing page reads as a bus error.
 */

#define LMDB_DAMAGED "the database is damaged: copy it again, or load again"

enum { META_SIZE = 160 }; /* bytes of a meta page's contents, at most */

/* The contents of a meta page: all that must be known to return to the state that it describes, as
 * long as none of that state's pages is used again. */
struct saved_meta {
	unsigned char bytes[META_SIZE];
	size_t len; /* 0: there is none */
};

/* As mdb.c declares them: in the machine's own word size and byte order. */
struct meta_table {
	uint32_t page_size; /* in that of the free list alone */
	uint16_t flags, depth;
	size_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct meta {
	uint32_t magic, version;
	void *address;
	size_t map_size;
	struct meta_table free, table;
	size_t last, txn;
};

struct page_head {
	size_t number;
	uint16_t pad, flags;
	uint16_t lower, upper; /* of an overflow page: its number of pages */
};

enum {
	PAGE_BRANCH = 1,
	PAGE_LEAF = 2,
	PAGE_OVERFLOW = 4,
	PAGE_META = 8,
	TABLE_BY_NUMBER = 8, /* of a table: its keys are numbers */
	PAGE_KINDS = 0x3FFF  /* the other flags mean something in memory alone */
};

/* The facts that the size of a data file and its meta pages give. */
struct lmdb_extent {
	uint64_t size, want; /* bytes: those that are there, and those of all pages */
	uint64_t page_size;
	bool sparse; /* it has holes */
};

/* Reads the meta pages of a data file. Returns 0, or -1 with the reason: not an LMDB data file, one
 * of another version or word size, or too short for its meta pages. */
int lmdb_extent(const char *path, struct lmdb_extent *e, struct error *why);

/* The reason why a file that is shorter than its pages is refused. Returns -1. */
int lmdb_refuse_truncated(const struct lmdb_extent *e, struct error *why);

/* Copies the newest meta page of an open file. Returns 0, or -1 with the reason. */
int lmdb_meta_save(int fd, struct saved_meta *meta, struct error *why);

/* Returns the file, durably, to its state when the meta page was saved; *records becomes the
 * number of its records. Returns 0, or -1 with the reason. */
int lmdb_meta_restore(
    const char *path, const struct saved_meta *meta, uint64_t *records, struct error *why);

/* Reads the meta page of a transaction. Returns false if it was used again. */
bool lmdb_read_meta(int fd, uint64_t page_size, size_t txn, struct meta *meta);

/* Where the memory map begins, by the address of a key in a page of it that is committed. NULL if
 * pages are larger than the machine's: then an address doesn't tell where its page begins. */
void *lmdb_map(const void *key, uint64_t page_size);

#endif
