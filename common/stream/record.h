#ifndef RSENC_STREAM_RECORD_H
#define RSENC_STREAM_RECORD_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Record streams, rsenc-records(5), the format of cdbmake (https://cr.yp.to/cdb/cdbmake.html):
 *
 *     +KLEN,DLEN:KEY->DATA<LF>     one record
 *     <LF>                         end of a complete stream
 *
 * Complete streams may follow one another. Input that does not end in an end marker is truncated.
 */

/* ---- writing ---- */

/* Writes one record to fd under a POSIX write lock (F_SETLKW), if fd can be locked: records of
 * parallel writers of one pipe do not mix. Returns 0, or -1 with the reason. */
int record_write(
    int fd, const void *key, size_t key_len, const void *data, size_t data_len, struct error *why);

/* Writes the end marker, under the same lock. Returns 0, or -1 with the reason. */
int record_write_end(int fd, struct error *why);

/* ---- reading ---- */

enum record_status {
	RECORD_OK,
	RECORD_END,    /* the input ended after an end marker */
	RECORD_BAD,    /* with the reason: the rest of the stream cannot be read, or not trusted */
	RECORD_INVALID /* with the reason: the value is not a blob, the stream can be read on */
};

/* All zero but `source` at first. */
struct record_reader {
	struct source *source;
	uint64_t left;    /* bytes of the current record's data not read yet */
	uint64_t records; /* read to their end */
	bool marker;      /* private: the last thing read was an end marker */
};

struct record {
	char key[KEY_MAX + 1]; /* NUL-terminated for messages (it may hold a NUL of its own) */
	size_t key_len;        /* 1..KEY_MAX */
	uint64_t data_len;
};

/* Reads the next record's key and length. Its data must then be read with record_data, all of it,
 * and record_done called. A request to stop (signals.h) is RECORD_BAD. */
enum record_status record_next(struct record_reader *r, struct record *rec, struct error *why);

/* The next `size` bytes of the current record's data, at most what is left of it. Large reads go
 * straight to `to`. */
enum record_status record_data(struct record_reader *r, void *to, size_t size, struct error *why);

/* Appends the rest of the current record's data to `b`. RECORD_INVALID: memory does not suffice. */
enum record_status record_rest(struct record_reader *r, struct buf *b, struct error *why);

/* Takes the newline that ends a record, and looks at what follows: only then is it whole. */
enum record_status record_done(struct record_reader *r, struct error *why);

/* Skips the rest of the current record, and its end. */
enum record_status record_skip(struct record_reader *r, struct error *why);

/* ---- files ---- */

/*
 * The files that a command's operands name, and their records, one file after another. "-" is
 * standard input, which is also read if there are no operands. Each stream must end properly:
 * concatenated by cat(1), one that was truncated at the end of a record would pass unnoticed.
 */

struct record_files {
	struct record_reader reader; /* of the open file */
	struct source source;        /* the same, as bytes */
	const char *path;            /* of the file that is open, or was last: as given, or "-" */
	const char *name;            /* the same for messages: "standard input" */
	bool several;                /* more than one was given */
	bool open;

	char **next; /* private */
};

/* `paths` is NULL-terminated, as argv is, and must stay. record_files_close when done. */
void record_files_start(struct record_files *f, char **paths);

/* Opens the next file. Returns 1, 0 after the last, -1 with the reason: then f->name is the file
 * that could not be opened, and the next call opens the one after it. */
int record_files_open(struct record_files *f, struct error *why);

/* The next record, as record_next; RECORD_END after the last file. After RECORD_BAD, here or from
 * f->reader, the rest of the open file cannot be read: record_files_close, then continue. */
enum record_status record_files_next(struct record_files *f, struct record *rec, struct error *why);

/* Closes the open file, if any; standard input stays open. */
void record_files_close(struct record_files *f);

#endif
