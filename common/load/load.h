#ifndef RSENC_LOAD_LOAD_H
#define RSENC_LOAD_LOAD_H

#include "base/error.h"
#include "store/writer.h"
#include "stream/blob.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Record streams into a database: each value is checked to be a safetensors blob before anything
 * of it is stored. The database is opened, and made, only when the first record has proved valid:
 * wrong input leaves nothing behind.
 */

struct load {
	const char *path; /* of the database */
	struct writer_options options;
	struct writer *writer; /* NULL until the first record */
	struct writer_report report;
	uint64_t records; /* stored or skipped */
	uint64_t bytes;   /* of values stored */
	bool bad;         /* one of the files was */
	struct blob_reader blobs;
};

enum load_status {
	LOAD_OK,       /* a record was stored, or skipped */
	LOAD_END,      /* all streams were read */
	LOAD_BAD_FILE, /* with the reason: the rest of the stream is lost; take the next */
	LOAD_BAD,      /* with the reason: continuing is useless */
	LOAD_STOPPED   /* a signal asked to stop (signals.h) */
};

/* Begins to read records from files, or standard input, see record_files_start. It lives as long as
 * the process. */
void load_start(struct load *l, const char *path, const struct writer_options *o, char **files);

/* Stores the next record. A reason begins with its item: the input, the database or the key. */
enum load_status load_next(struct load *l, struct error *why);

/* Commits and syncs what is complete, see writer_end. `complete`: after LOAD_END, if no stream was
 * bad. Returns 0, or -1 with the reason. */
int load_end(struct load *l, bool complete, struct error *why);

#endif
