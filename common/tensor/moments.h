#ifndef RSENC_TENSOR_MOMENTS_H
#define RSENC_TENSOR_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Mean, deviation, least and greatest of any number of values, in one pass. Values come in blocks,
 * each summed about its own mean, and blocks are merged (Chan, Golub, LeVeque 1983), so that
 * nothing cancels. Both sums are kept as two doubles, the second of which holds what rounding
 * the first left over: 10^12 values lose no digit. All zero is empty.
 *
 * The same blocks, merged in the same order, give the same bits: see totals.h.
 */

struct moments {
	uint64_t count;
	double sum, sum_rest;         /* of the values */
	double squares, squares_rest; /* of their distances from their mean, squared */
	double min, max;
};

/* Adds a block of `count` finite values: a thousand or so, which are read twice. */
void moments_add(struct moments *m, const double *values, size_t count);

/* Adds the values of `other`. */
void moments_merge(struct moments *m, const struct moments *other);

/* Of all values, NaN if there is none; the deviation is that of the population (squares divided by
 * the count). */
double moments_mean(const struct moments *m);
double moments_deviation(const struct moments *m);

/* A sum that loses nothing: adds `value` to *sum + *rest. For sums that are not of moments. */
void moments_sum(double *sum, double *rest, double value);

#endif
