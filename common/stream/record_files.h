#ifndef RSENC_STREAM_RECORD_FILES_H
#define RSENC_STREAM_RECORD_FILES_H

#include "base/error.h"
#include "stream/reader.h"
#include "stream/record.h"

/*
 * The records of several files, one file after another. Each must end properly: concatenated by
 * cat(1), one that was truncated at the end of a record would pass unnoticed.
 */

struct record_files {
	struct record_reader reader; /* of the open file */
	const char *name;            /* of the file that is open, or was last: as struct reader */
	bool several;                /* more than one was given */

	struct reader files; /* private */
};

/* Records of the files that `paths` names, see reader_start. record_files_end when done. */
void record_files_start(struct record_files *f, char **paths);

/* The next record, as record_next; RECORD_END after the last file. After any other status, and
 * after one of reader's own, the rest of the open file cannot be read: record_files_give_up, then
 * continue. */
enum record_status record_files_next(struct record_files *f, struct record *rec, struct error *why);

/* Closes the open file. */
void record_files_give_up(struct record_files *f);

void record_files_end(struct record_files *f);

#endif
