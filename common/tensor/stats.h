#ifndef RSENC_TENSOR_STATS_H
#define RSENC_TENSOR_STATS_H

#include "base/decimal.h"
#include "tensor/dtype.h"

#include <stdint.h>

/* What the elements of a tensor are like. C64 goes by its magnitude. */
struct stats {
	enum dtype dtype;
	uint64_t finite; /* elements that are neither NaN nor infinite */
	uint64_t nan, zeros;
	double min, max;  /* of finite elements, as mean and std; NaN if there is none */
	double mean, std; /* of the population: squares divided by `finite` */
	uint64_t least_key, most_key; /* 64-bit integers: exact, see stats.c */
};

/* Replaces *s by the figures of `count` elements. Numerically stable (moments.h);
 * agrees with numpy in float64 to about 12 digits.
 * Of 64-bit integers the mean is the exact one, rounded once. Not for elements that are smaller
 * than a byte. */
void stats_of(enum dtype dtype, const void *data, uint64_t count, struct stats *s);

/* min and max as text, exact for integers. */
void stats_limits(const struct stats *s, char min[DECIMAL_SIZE], char max[DECIMAL_SIZE]);

#endif
