#ifndef RSENC_STORE_WRITER_H
#define RSENC_STORE_WRITER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Storing records in a database (LMDB, http://www.lmdb.tech/doc/), from the beginning of a load to
 * its end. Records are put one after the other and committed in batches (batch.h). The same records
 * in the same order give the same bytes in data.mdb.
 *
 * A database that already held records is synced to disk at every batch. A fresh one has nothing
 * to lose: it is synced once, at the end. When that sync fails the system has dropped what it could
 * not write, and to sync again would succeed without it: the database is lost. The file
 * `incomplete` (incomplete.h) lies beside it until it is whole, and says so.
 */

struct writer;

/* A small record whose key does not come last is gathered with others before it is stored in the order
 * of keys (gather.h): whether its key was there already shows only then. */

/* What a thread of the writer tells while another program writes to the database, which keeps this one
 * waiting; without, nobody is told. */
struct writer_waits {
	void (*told)(const char *path); /* once, after a second */
	/* A stop was asked for meanwhile, and all is done that can be: so many records are kept. Must end
	 * the process. */
	void (*stopped)(const char *path, uint64_t kept);
};

struct writer_options {
	bool single;                      /* a single file, not a directory */
	bool sync;                        /* sync every batch also of a fresh database */
	bool replace;                     /* the value of a key that is there */
	bool skip;                        /* such a record; with neither it is an error */
	uint64_t batch;                   /* bytes of values to commit at once */
	const struct writer_waits *waits; /* or NULL */
};

/* Opens a database for storing, and makes it if it is missing. Only one process at a time can.
 * Returns 0; -1 with the reason; -2 if what an earlier load stored was lost by trying. End with writer_finish or writer_abandon. */
int writer_open(
    const char *path, const struct writer_options *o, struct writer **out, struct error *why);

enum writer_put { WRITER_ROOM, WRITER_EXISTS, WRITER_FAILED };

/* Makes room for a record: *to is where the caller puts all of its value. Then
 * writer_commit_record, or writer_undo_record, must be called. WRITER_EXISTS: the key is there and
 * not to be replaced; there is nothing to commit or undo. WRITER_FAILED comes with the reason; the
 * current batch may be lost. */
enum writer_put writer_put(struct writer *w, const void *key, size_t key_len, uint64_t value_len,
    void **to, struct error *why);

/* The record is whole; commits if the batch is full. Returns 0, or -1 with the reason (the batch
 * is lost then, unless the reason is writer_conflict). */
int writer_commit_record(struct writer *w, struct error *why);

/* Takes the record back; a record that it was to replace is still there. Returns 0, or -1 with the
 * reason (the batch is lost then). */
int writer_undo_record(struct writer *w, struct error *why);

/* Records that were gathered, and then skipped for their key was there. */
uint64_t writer_skipped(const struct writer *w);

/* The key that was there already when what was gathered was stored, of which the last failure was; NULL
 * if it was something else. All else that was gathered is stored. */
const char *writer_conflict(const struct writer *w, size_t *len);

/* The load ended properly: commits, syncs, removes `incomplete`. On failure (-1, with the reason)
 * writer_abandon must follow. On success w is freed, and *skipped is as writer_skipped. */
int writer_finish(struct writer *w, uint64_t *skipped, struct error *why);

struct writer_left {
	uint64_t kept;    /* records committed */
	uint64_t skipped; /* as writer_skipped */
	bool lost;        /* these, or those of an earlier load, may not be on the disk */
};

/* The load did not end properly: commits what is whole and syncs it; `incomplete` stays. If
 * nothing was stored, everything is left as it was found: a database made by writer_open is
 * removed. `left` may be NULL. Frees w. Returns 0, or -1 with the reason. */
int writer_abandon(struct writer *w, struct writer_left *left, struct error *why);

#endif
