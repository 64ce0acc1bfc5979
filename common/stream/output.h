#ifndef RSENC_STREAM_OUTPUT_H
#define RSENC_STREAM_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Text on standard output, gathered and written in whole lines. Not stdio, which loses the rest of
 * a line when a signal interrupts it. All zero is empty.
 */

struct output {
	struct buf pending;
};

/* Appends bytes. Returns 0, or -1 with the reason when there is no memory. */
int output_add(struct output *o, const void *bytes, size_t len, struct error *why);

/* Appends a key or the like as rsenc-groups(5) writes it, see group_escape. As output_add. */
int output_escaped(struct output *o, const char *bytes, size_t len, struct error *why);

/* Ends a line; writes what is pending once it is much. Returns 0, or -1 with the reason. */
int output_line(struct output *o, struct error *why);

/* Writes what is pending. Returns 0, or -1 with the reason. */
int output_flush(struct output *o, struct error *why);

/* Writes what is pending and frees the memory. Returns 0, or -1 with the reason. */
int output_finish(struct output *o, struct error *why);

/* Writes all bytes to standard output at once. Returns 0, or -1 with the reason. */
int output_bytes(const void *bytes, size_t len, struct error *why);

/* Whether another command reads standard output: it draws the meter, then. */
bool output_is_piped(void);

#endif
