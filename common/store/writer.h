#ifndef RSENC_STORE_WRITER_H
#define RSENC_STORE_WRITER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A load: records are put one after the other and committed in batches (txn.h). The same records in
 * the same order give the same bytes in data.mdb. A new database gets its name when it is complete
 * (paths.h). A small record whose key does not come last is buffered, and stored with others in the
 * order of keys (record_buffer.h): whether its key was stored already shows only then.
 */

struct writer;

struct writer_options {
	bool single;    /* a single file, not a directory */
	bool sync;      /* sync every batch also of a new database */
	bool replace;   /* the value of a key that is stored already */
	bool skip;      /* such a record; with neither it is an error */
	bool takeover;  /* also if another machine claims the database */
	bool check;     /* only look whether records could be stored: nothing is changed */
	uint64_t batch; /* bytes of values to commit at once */
};

/* What came of it so far. */
struct writer_report {
	uint64_t kept;    /* records committed */
	uint64_t skipped; /* whose key is stored already; of some it is known only at the end */
	bool lost;        /* committed records may not be on the disk */
	bool recovered;   /* the database has returned to its last checkpoint, */
	uint64_t found;   /* which had so many records */
	bool refused;     /* a key is stored already, of which the last failure was */
};

/* Opens a database for storing, and makes it if it does not exist, in a place that place_prepare
 * has found good. Returns 0, or -1 with the reason; *report is kept up to date until the end. If
 * the load of a new database was interrupted, and what it stored last may not be on the disk, it
 * returns to its last checkpoint; where there was none yet, the load begins again. End with
 * writer_end. After a check nothing else may follow. */
int writer_open(const char *path, const struct writer_options *o, struct writer_report *report,
    struct writer **out, struct error *why);

/* LMDB writes a value, with a header of 16 bytes, by one write(2), and takes a short write for an
 * error: Linux writes up to 0x7ffff000 bytes at once. */
#define WRITER_VALUE_MAX (UINT64_C(0x7ffff000) - 16)

/* Stores a record; commits if the batch is full. Returns 1; 0 if it was skipped; -1 with the
 * reason: the batch is lost then, unless a key was refused, of this record or of one that was
 * buffered, which came long before. All else that was buffered is stored. */
int writer_put(struct writer *w, const void *key, size_t key_len, const void *value,
    size_t value_len, struct error *why);

/* Stores what was buffered, commits and syncs. `whole`: nothing is missing of the input, or only
 * what came behind a key that was refused: a new database gets its name, and the marker is removed;
 * else the marker stays, for a later load to resume. If nothing was stored, everything is left as
 * it was found. Returns 0, or -1 with the reason. Frees w. */
int writer_end(struct writer *w, bool whole, struct error *why);

#endif
