#ifndef RSENC_STREAM_BLOBS_H
#define RSENC_STREAM_BLOBS_H

#include "base/buf.h"
#include "base/error.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Safetensors blobs, one after another, from files or standard input, each of which is one bare
 * blob or a record stream, rsenc-records(5): told apart by the first bytes. Memory is kept from
 * blob to blob.
 */

enum input_status {
	INPUT_OK,
	INPUT_END,
	INPUT_BAD,    /* this blob, or the rest of this file; go on with input_next */
	INPUT_STOPPED /* a signal asked to stop (stop.h) */
};

struct input {
	/* The current blob. */
	struct safetensors blob;
	const char *data; /* the tensors' bytes, or NULL if they were not asked for */
	uint64_t size;    /* bytes of the whole blob */
	const char *key;  /* of the record; of a bare blob the path as given, or "-" */
	size_t key_len;
	uint64_t count; /* blobs returned */

	/* Private. */
	char **paths; /* the next; NULL: standard input only */
	const char *path;
	int fd; /* -1: none is open */
	bool want_data, records;
	uint64_t max_memory;
	struct source source;
	struct record_reader reader;
	struct record record;
	struct buf header, body;
	char label[512 + 4096 + 4]; /* a key and a path */
};

/* Blobs from `paths` (NULL-terminated, as argv is; "-" is standard input), or from standard input
 * if there are none. Without want_data only headers are held in memory; with it blobs of more than
 * max_memory bytes are bad. */
void input_start(struct input *in, char **paths, bool want_data, uint64_t max_memory);

/* The next blob, validated as safetensors_parse does. With INPUT_BAD comes the reason; what is
 * wrong with one record does not keep the next ones from being read. */
enum input_status input_next(struct input *in, struct error *why);

/* What the last result is about, for messages: "KEY", "KEY: PATH", "PATH" or "standard input".
 * Lives until the next call. */
const char *input_label(struct input *in);

/* Keeps the current blob beyond the next call: it and the tensors' bytes, which were asked for, change
 * places with *blob and *body, whose memory becomes that of the next blob. */
void input_keep(struct input *in, struct safetensors *blob, struct buf *body);

void input_finish(struct input *in);

#endif
