#ifndef RSENC_ARCHIVE_TAR_INPUT_H
#define RSENC_ARCHIVE_TAR_INPUT_H

#include "base/error.h"
#include "archive/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the bytes of an archive come from: a regular file, in which data is passed over without
 * being read, or anything else that can be read from front to back.
 */

struct tar_input {
	struct tar_source source; /* for tar_new */
	int fd;
	bool seekable;
	char *buffer;
	size_t capacity;
	size_t from, to;   /* what of it was not used yet */
	uint64_t position; /* in the file: of the byte behind them */
	uint64_t end;      /* of a regular file */
	uint64_t before;   /* position of the last read in it */
	uint64_t hinted;   /* up to here the system was told to read ahead */
};

/* Sets it up over an open descriptor, which stays the caller's, and where it stands. A request to stop (base/signals.h)
 * interrupts a read. Returns 0, or -1 with the reason. */
int tar_input_open(struct tar_input *in, int fd, struct error *why);

/* The first bytes, up to `size` if there are so many, before anything was read. Returns 0, or -1 with
 * the reason. */
int tar_input_peek(
    struct tar_input *in, size_t size, const void **bytes, size_t *len, struct error *why);

void tar_input_close(struct tar_input *in);

#endif
