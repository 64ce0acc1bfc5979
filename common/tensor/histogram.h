#ifndef RSENC_TENSOR_HISTOGRAM_H
#define RSENC_TENSOR_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How often each value occurs. Integers of up to 16 bits are counted exactly. All other values are
 * rounded to HISTOGRAM_BITS significant bits before, that is by at most 2^-12 (0.025 %) of
 * themselves; numbers that have no more bits, such as F16, BF16, F8 and whole numbers below 4096,
 * stay exact.
 *
 * Bins lie in pages of 2048, 16 KiB each, which exist where values occur: for doubles that is one
 * page for each sign and power of two.
 */

enum { HISTOGRAM_BITS = 12 };

struct histogram {
	bool integers;
	uint64_t **pages; /* NULL: no value was in it */
	size_t page_count;
	size_t *left; /* bytes that pages may still take; NULL: no limit */
};

/* Starts an empty histogram of integers, or of any finite values. Returns 0, or -1 if the limit
 * does not suffice; histogram_free in either case. */
int histogram_start(struct histogram *h, bool integers, size_t *left);

/* Adds values. Returns 0, or -1 as above. */
int histogram_add(struct histogram *h, const double *values, size_t count);

/* Removes an integer, and returns how often it was there. */
uint64_t histogram_remove(struct histogram *h, double value);

/* The values in rising order, beginning with *at = 0, and how often each occurs. False after the
 * last one. */
bool histogram_next(const struct histogram *h, size_t *at, double *value, uint64_t *times);

/* Percentiles (0 to 100, rising) of the `total` > 0 values, interpolated linearly between two of
 * them, as numpy.percentile does. */
void histogram_percentiles(const struct histogram *h, uint64_t total, const double *percents,
    size_t count, double *results);

void histogram_free(struct histogram *h);

#endif
