#ifndef RSENC_PROCESS_OUTPUT_H
#define RSENC_PROCESS_OUTPUT_H

#include "base/buf.h"

#include <stddef.h>

/*
 * Text on standard output, gathered and written in whole lines. Not stdio, which loses the rest of
 * a line when a signal interrupts it. Lines are held back until they are many or half a second
 * old, so that a reader gets few large pieces, without delay. All zero is empty. Output that fails
 * ends the run, with a message.
 */

struct output {
	struct buf pending; /* where bytes are added */
	double flushed;     /* seconds of clock_seconds */
};

/* Ends a line; then as output_step. */
void output_line(struct output *o);

/* Writes what is pending if it is much or old: call it as well where no line comes for a while. */
void output_step(struct output *o);

/* Writes what is pending, at the end or when it is wanted at once. */
void output_finish(struct output *o);

/* Writes all bytes to standard output at once. */
void output_bytes(const void *bytes, size_t len);

#endif
