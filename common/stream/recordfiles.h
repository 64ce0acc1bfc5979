#ifndef RSENC_STREAM_RECORDFILES_H
#define RSENC_STREAM_RECORDFILES_H

#include "base/error.h"
#include "stream/record.h"
#include "base/source.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The records of several files, one file after another. Each must end properly: concatenated by
 * cat(1), one that was cut off at the end of a record would pass unnoticed. Regular files are read
 * ahead by the system, as by the other end of a pipe.
 */

struct record_files {
	struct record_reader reader; /* of the file at hand */
	const char *name; /* of the file at hand, or given up last: a path, "standard input" */
	size_t index;     /* of that file */

	/* Private. */
	char **paths;
	size_t next;
	int fd; /* -1: none is open */
	struct source source;
	uint64_t ahead; /* bytes of the file that the system was asked for */
};

/* Records of `paths` (NULL-terminated, as argv is; "-" is standard input), or of standard input if
 * there are none. record_files_end when done. */
void record_files_start(struct record_files *f, char **paths);

/* The next record, as record_next; RECORD_END after the last file. After any other status, and
 * after one of reader's own, what is left of the file at hand can't be read: record_files_give_up,
 * then go on. */
enum record_status record_files_next(struct record_files *f, struct record *rec, struct error *why);

/* Closes the file at hand. */
void record_files_give_up(struct record_files *f);

/* Whether the file of this index, which must be a regular one, holds the key: 1, 0 (also if it
 * can't be read again). */
int record_files_holds(const struct record_files *f, size_t index, const void *key, size_t key_len);

void record_files_end(struct record_files *f);

#endif
