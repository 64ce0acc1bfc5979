#ifndef RSENC_STREAM_BLOB_H
#define RSENC_STREAM_BLOB_H

#include "base/buf.h"
#include "base/error.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Safetensors blobs, one after another, from files or standard input, each of which is one bare
 * blob or a record stream, rsenc-records(5): distinguished by the first bytes. Memory is reused
 * from blob to blob.
 */

enum blob_status {
	BLOB_OK,
	BLOB_END,
	BLOB_BAD /* this blob, or the rest of this file: the next call continues after it */
};

struct blob_reader {
	/* The current blob. */
	struct safetensors blob;
	const char *data; /* the tensors' bytes, or NULL if they were not asked for */
	uint64_t size;    /* bytes of the whole blob */
	const char *key;  /* of the record; of a bare blob the path as given, or "-" */
	size_t key_len;
	struct buf bytes; /* the whole blob, with data; else its header */

	/* For the caller to set: a bare blob is bad, and so is what follows a bad value. */
	bool strict;
	struct record_files files;

	/* Private. */
	bool want_data, records;
	uint64_t max_memory;
	size_t header; /* bytes, with its length */
	struct record record;
	char label[512 + 4096 + 4]; /* a key and a path */
};

/* Blobs from `paths`, see record_files_start. Without want_data only headers are held in memory;
 * with it blobs of more than max_memory bytes are bad. */
void blob_reader_start(struct blob_reader *b, char **paths, bool want_data, uint64_t max_memory);

/* The next blob, validated as safetensors_parse does. BLOB_BAD comes with the reason; one bad value
 * does not keep the records after it from being read. */
enum blob_status blob_reader_next(struct blob_reader *b, struct error *why);

/* The item of the last result, for messages: "KEY", "KEY: PATH", "PATH" or "standard input". Lives
 * until the next call. */
const char *blob_reader_label(struct blob_reader *b);

#endif
