#ifndef RSENC_LOAD_LOAD_H
#define RSENC_LOAD_LOAD_H

#include "base/buf.h"
#include "base/error.h"
#include "store/writer.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A record stream into a database: each value is checked to be a safetensors blob before anything
 * of it is stored. The database is opened, and made, only when the first record has proved valid:
 * wrong input leaves nothing behind.
 */

struct load_options {
	struct writer_options store;
	bool replace, skip; /* what to do with a key that is there: else it is an error */
};

struct load {
	const char *path; /* of the database */
	struct load_options options;
	struct writer *writer; /* NULL until a record came */
	struct source source;
	struct record_reader reader;
	uint64_t stored, skipped; /* records */
	uint64_t bytes;           /* of values stored */
	const char *input;        /* the name of the input, for messages */

	/* Private. */
	struct record record;
	struct buf header; /* of the blob at hand */
	struct safetensors parsed;
	char item[512 + 4096 + 4]; /* a key and a path */
};

enum load_status {
	LOAD_OK,     /* a record was stored, or skipped */
	LOAD_END,    /* the stream ended properly, and the database is there */
	LOAD_BAD,    /* with the reason, which is about load.item */
	LOAD_STOPPED /* a signal asked to stop (stop.h) */
};

/* Begins to read records from fd, which is called `input` in messages. Returns 0, or -1 when there
 * is no memory. load_free in either case. */
int load_start(
    struct load *l, const char *path, const struct load_options *o, int fd, const char *input);

/* Stores the next record. */
enum load_status load_next(struct load *l, struct error *why);

/* What the reason of load_next is about: the input, the database, a key. Lives until the next call. */
const char *load_item(const struct load *l);

/* After LOAD_END: commits and syncs. Returns 0, or -1 with the reason; then load_abandon. */
int load_finish(struct load *l, struct error *why);

/* After anything else: keeps what is whole, see writer_abandon. */
int load_abandon(struct load *l, struct writer_left *left, struct error *why);

void load_free(struct load *l);

#endif
