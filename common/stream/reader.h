#ifndef RSENC_STREAM_READER_H
#define RSENC_STREAM_READER_H

#include "base/error.h"
#include "base/source.h"

#include <stdbool.h>

/*
 * The files that a command's operands name, one after another; "-" is standard input, and so is no
 * operand at all.
 */

struct reader {
	struct source source; /* of the open file */
	const char *path;     /* of that file, or of the one closed last: as given, or "-" */
	const char *name;     /* the same for messages: "standard input" */
	bool open;

	char **next; /* private */
};

/* `paths` is NULL-terminated, as argv is, and must stay. */
void reader_start(struct reader *r, char **paths);

/* Opens the next file. Returns 1, 0 after the last, -1 with the reason: then r->name is the file
 * that could not be opened, and the next call opens the one after it. */
int reader_open(struct reader *r, struct error *why);

/* Closes the open file, if any; standard input stays open. */
void reader_close(struct reader *r);

#endif
