#ifndef RSENC_STREAM_OUTPUT_H
#define RSENC_STREAM_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

/*
 * Text on standard output, gathered and written in whole lines. Not stdio, which loses the rest of
 * a line when a signal interrupts it. Lines are held back until they are many or half a second old,
 * so that a reader gets few large pieces and still sees what is going on. All zero is empty.
 */

struct output {
	struct buf pending; /* where bytes are added */
	double flushed;     /* seconds of clock_seconds */
};

/* Ends a line; then as output_step. */
int output_line(struct output *o, struct error *why);

/* Writes what is pending if it is much or old: call it as well where no line comes for a while.
 * Returns 0, or -1 with the reason. */
int output_step(struct output *o, struct error *why);

/* Writes what is pending. Returns 0, or -1 with the reason. */
int output_flush(struct output *o, struct error *why);

/* Writes what is pending and frees the memory. Returns 0, or -1 with the reason. */
int output_finish(struct output *o, struct error *why);

/* Writes all bytes to standard output at once. Returns 0, or -1 with the reason. */
int output_bytes(const void *bytes, size_t len, struct error *why);

#endif
