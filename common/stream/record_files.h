#ifndef RSENC_STREAM_RECORD_FILES_H
#define RSENC_STREAM_RECORD_FILES_H

#include "base/error.h"
#include "base/source.h"
#include "stream/record.h"

#include <stdbool.h>

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
