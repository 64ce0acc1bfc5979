#ifndef RSENC_TENSOR_HISTOGRAM_H
#define RSENC_TENSOR_HISTOGRAM_H

#include "base/mem_limit.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How often each value occurs. Integers of up to 16 bits are counted exactly. All other values are
 * doubles, and are rounded to HISTOGRAM_BITS significant bits before, that is by at most 2^-12
 * (0.025 %) of themselves; numbers that have no more bits, such as F16, BF16, F8 and whole numbers
 * below 4096, stay exact.
 *
 * Bins lie in pages of 2048, 16 KiB each, which exist where values occur: for doubles that is one
 * page for each sign and power of two.
 */

enum { HISTOGRAM_BITS = 12 };

struct histogram {
	bool integers;
	uint64_t **pages; /* NULL: no value was in it */
	size_t page_count;
	struct mem_limit *limit; /* NULL: no limit */
};

/* Whether elements of that type are counted by histogram_add_integers. */
bool histogram_is_exact(enum dtype dtype);

/* Starts an empty histogram. Returns 0, or -1 if the limit or the memory does not suffice;
 * histogram_free in either case. */
int histogram_start(struct histogram *h, bool integers, struct mem_limit *limit);

/* Adds `count` elements of a dtype for which histogram_is_exact. Returns 0, or -1 as above. */
int histogram_add_integers(struct histogram *h, enum dtype dtype, const void *data, uint64_t count);

/* Adds finite values. Returns 0, or -1 as above. */
int histogram_add_values(struct histogram *h, const double *values, size_t count);

/* Removes an integer, and returns how often it was there. */
uint64_t histogram_remove(struct histogram *h, double value);

/* The values in rising order, beginning with *at = 0, and how often each occurs. False after the
 * last one. */
bool histogram_next(const struct histogram *h, size_t *at, double *value, uint64_t *times);

/* Percentiles (0 to 100, rising) of the `total` > 0 values, interpolated linearly between two of
 * them, as numpy.percentile does. */
void histogram_percentiles(const struct histogram *h, uint64_t total, const double *percents,
    size_t count, double *results);

/* Empties it. The limit does not get the memory back. */
void histogram_clear(struct histogram *h);

void histogram_free(struct histogram *h);

#endif
