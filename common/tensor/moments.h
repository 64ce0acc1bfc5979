#ifndef RSENC_TENSOR_MOMENTS_H
#define RSENC_TENSOR_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Mean and standard deviation of any number of values, in one pass. Values come in blocks; each
 * block is summed about its own mean, and blocks are merged (Chan, Golub, LeVeque 1983). The mean
 * and the sum of squares are each kept as two doubles, the second of which holds what rounding the
 * first lost: neither a large offset nor 10^12 values cost digits. All zero is empty.
 */

struct moments {
	uint64_t count;
	double mean, mean_rest;
	double min, max;
	double squares, squares_rest; /* sum of the squared distances from the mean */
};

/* Adds a block of `count` finite values (about a thousand: they are read twice), each of which is
 * shift + values[i]; the limits are those of values[i] alone. */
void moments_add(struct moments *m, double shift, const double *values, size_t count);

/* Adds the values of `other`. */
void moments_merge(struct moments *m, const struct moments *other);

/* The standard deviation of the population (squares divided by the count); NaN if there is no
 * value. */
double moments_deviation(const struct moments *m);

#endif
