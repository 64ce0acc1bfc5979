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
 * order of keys (write_buffer.h): whether its key was stored already shows only then.
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
	uint64_t skipped; /* that were buffered, and whose key turned out to be stored already */
	bool lost;        /* what is committed may not be on the disk */
	bool recovered;   /* the database has returned to its last checkpoint, */
	uint64_t found;   /* which had so many records */
	/* Until writer_end: the key that was stored already when the buffer was stored, of which
	 * the last failure was; all else that was buffered is stored. NULL if it was something
	 * else. */
	const char *conflict;
};

/* Opens a database for storing, and makes it if it does not exist, in a place that place_prepare
 * has found good. Returns 0, or -1 with the reason; *report is kept up to date until the end. If
 * the load of a new database was interrupted, and what it stored last may not be on the disk, it
 * returns to its last checkpoint; where there was none yet, the load begins again. End with
 * writer_end. After a check nothing else may follow. */
int writer_open(const char *path, const struct writer_options *o, struct writer_report *report,
    struct writer **out, struct error *why);

/* Makes room for a record: *to is where the caller puts all of its value. Then
 * writer_commit_record, or writer_undo_record, must be called; until then the key must stay.
 * Returns 1; 0 if the key is stored and not to be replaced: there is nothing to commit or undo; -1
 * with the reason, the current batch may be lost. */
int writer_put(struct writer *w, const void *key, size_t key_len, uint64_t value_len, void **to,
    struct error *why);

/* The record is complete; commits if the batch is full. Returns 0, or -1 with the reason (the batch
 * is lost then, unless the reason is a conflict). */
int writer_commit_record(struct writer *w, struct error *why);

/* Removes the record; one that it was to replace is still there. Returns 0, or -1 with the reason
 * (the batch is lost then). */
int writer_undo_record(struct writer *w, struct error *why);

/* Stores what was buffered, after the last record. Returns 0, or -1 with the reason. */
int writer_flush(struct writer *w, struct error *why);

enum writer_how {
	WRITER_COMPLETE, /* all records were stored, or skipped */
	WRITER_REFUSED,  /* one record ended the load: the database is as complete as it was */
	WRITER_INTERRUPTED
};

/* Commits and syncs what is complete. If the database is complete, a new one gets its name, and the
 * marker is removed; else the marker stays, for a later load to resume. If nothing was stored,
 * everything is left as it was found. Returns 0, or -1 with the reason. Frees w. */
int writer_end(struct writer *w, enum writer_how how, struct error *why);

#endif
