#ifndef RSENC_STORE_WRITER_H
#define RSENC_STORE_WRITER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Storing records in a database (LMDB, http://www.lmdb.tech/doc/). Records are put one after the
 * other and committed in batches; the memory map grows as needed. The same records in the same
 * order give the same bytes in data.mdb.
 *
 * A database that already held records is synced to disk at every batch. A fresh one has nothing
 * to lose: it is synced once, at the end. When that sync fails the system has dropped what it could
 * not write, and to sync again would succeed without it: the database is lost. The file
 * `incomplete` (incomplete.h) lies beside it until it is whole, and says so.
 */

struct store_writer;

struct store_options {
	bool single;    /* a single file, not a directory */
	bool sync;      /* sync every batch also of a fresh database */
	uint64_t batch; /* bytes of values to commit at once */
};

/* Whether store_writer_open has a chance: refuses early, before the work that makes the records is
 * done, and changes nothing. Returns 0, or -1 with the reason. */
int store_writer_check(const char *path, const struct store_options *o, struct error *why);

/* The directory below which a load makes, writes and removes files: of the database, or the one
 * that it will be made in. The caller frees it. NULL where links lead files of the database
 * elsewhere, or there is no memory. */
char *store_writer_root(const char *path, const struct store_options *o);

/* Opens a database for storing, and makes it if it is missing. Only one process at a time can.
 * Returns 0, or -1 with the reason. End with store_finish or store_leave. */
int store_writer_open(
    const char *path, const struct store_options *o, struct store_writer **out, struct error *why);

enum store_put { STORE_ROOM, STORE_EXISTS, STORE_FAILED };

/* Makes room for a record: *to is where the caller puts all of its value. Then store_keep, or
 * store_undo, must be called. STORE_EXISTS: the key is there and `replace` is false; there is
 * nothing to keep or undo. STORE_FAILED comes with the reason; the current batch may be lost. */
enum store_put store_put(struct store_writer *w, const void *key, size_t key_len,
    uint64_t value_len, bool replace, void **to, struct error *why);

/* The record is whole; commits if the batch is full. Returns 0, or -1 with the reason (the batch
 * is lost then). */
int store_keep(struct store_writer *w, struct error *why);

/* Takes the record back; a record that it was to replace is still there. Returns 0, or -1 with the
 * reason (the batch is lost then). */
int store_undo(struct store_writer *w, struct error *why);

/* The load ended properly: commits, syncs, removes `incomplete`. On failure (-1, with the reason)
 * store_leave must follow. On success w is freed. */
int store_finish(struct store_writer *w, struct error *why);

struct store_left {
	uint64_t kept; /* records committed */
	bool lost;     /* these, or those of an earlier load, may not be on the disk */
};

/* The load did not end properly: commits what is whole and syncs it; `incomplete` stays. If
 * nothing was stored, everything is left as it was found: a database made by store_writer_open is
 * removed. `left` may be NULL. Frees w. Returns 0, or -1 with the reason. */
int store_leave(struct store_writer *w, struct store_left *left, struct error *why);

#endif
