#ifndef RSENC_STREAM_SAMPLE_H
#define RSENC_STREAM_SAMPLE_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Some of many lines, chosen at random as they come: each is as likely as any other, whatever their
 * number, which need not be known. That is J. S. Vitter's algorithm R, "Random sampling with a
 * reservoir", ACM TOMS 11, 1985. The same seed and number of lines give the same choice, on every
 * machine.
 */

struct sample_line {
	struct buf text; /* without its newline */
	uint64_t number; /* of all lines, from 0 */
};

struct sample {
	uint64_t size;            /* how many are wanted */
	uint64_t seen;            /* lines so far */
	struct sample_line *line; /* those that are kept, in no order */
	size_t count;             /* at most `size` */
	size_t room;              /* private */
	uint64_t state;           /* private */
};

/* Starts choosing `size` >= 1 lines. sample_free when done. */
void sample_start(struct sample *s, uint64_t size, uint64_t seed);

/* The next line; it is copied if it is kept. Returns 0, or -1 when there is no memory. */
int sample_add(struct sample *s, const char *line, size_t len);

/* After the last one: puts those that are kept into the order in which they came. */
void sample_sort(struct sample *s);

void sample_free(struct sample *s);

#endif
