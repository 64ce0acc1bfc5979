#ifndef RSENC_STORE_PAGES_H
#define RSENC_STORE_PAGES_H

#include "base/error.h"
#include "store/incomplete.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What LMDB's data file says of itself: its format is described by the comments of mdb.c
 * (MDB_meta, MDB_page, MDB_node), and has not changed since version 0.9.0. Two meta pages lead it;
 * the one with the greater transaction number counts. LMDB trusts the file to be as long as that
 * page says: what is missing reads as a bus error, and is written beyond as if it were there.
 */

/* Whether the file at `path` holds all pages that are in use. Pages of the free list may be missing
 * at its end: LMDB never writes some of them. A file that is no LMDB data file passes: LMDB will say
 * so. Returns 0, or -1 with the reason ("cut off: N of M bytes: copy it again"). */
int pages_check(const char *path, struct error *why);

/* The bytes that a file has whose last page is `last`. */
uint64_t pages_bytes(uint64_t last, uint64_t page_size);

/* Copies what the newest meta page of the open file says: all that must be known to go back to it, as
 * long as none of its pages is used anew. Returns 0, or -1 if it is no LMDB data file. */
int pages_point(int fd, struct point *point);

/* Makes the file say again what it said at the point, durably; *records is how many it had. Returns
 * 0, or -1 with the reason. */
int
pages_go_back(const char *path, const struct point *point, uint64_t *records, struct error *why);

/* Whether a large value, which LMDB puts behind the header of a page of its own, lies in a page that
 * was never written: a hole that a download left. */
bool pages_is_hole(const void *value, uint64_t page_size);

#endif
