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

/* The facts that the size of a data file and its meta pages give. */
struct lmdb_extent {
	uint64_t size, want; /* bytes: those that are there, and those of all pages */
	uint64_t page_size;
	bool sparse; /* it has holes */
	/* Where LMDB has mapped it, 0 as long as no record was read; how much of it; the number of
	 * the transaction whose state is read. */
	uintptr_t base;
	uint64_t mapped;
	size_t txn;
	size_t root; /* page number; and levels of the tree, 0 as long as it is not known */
	unsigned depth;
	size_t checked[8]; /* pages that were in order last, by level */
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

/* Whether the record that LMDB found in the map is one: its key in a leaf, its value within the
 * map. Of the first one, also whether the root of all is one. With `look`, which costs a page,
 * also whether the page that a large value begins with was ever written: a download that was
 * broken off may leave a hole. Returns 0, or -1 with the reason. */
int lmdb_check_record(struct lmdb_extent *e, const void *key, const void *value, size_t value_len,
    bool look, struct error *why);

/* Whether the pages that lead to where a key would be are what they must be: LMDB goes past keys
 * that are stored where a branch is damaged. Their numbers and kinds, that their entries fill them
 * and are in order, and that keys lie between the separators above. */
bool lmdb_way_is_sound(struct lmdb_extent *e, const void *key, size_t key_len);

/* Where the memory map begins, by the address of a key in a page of it that is committed. NULL if
 * pages are larger than the machine's: then an address doesn't tell where its page begins. */
void *lmdb_map(const void *key, uint64_t page_size);

#endif
