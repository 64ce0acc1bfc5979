#ifndef RSENC_TENSOR_STATS_H
#define RSENC_TENSOR_STATS_H

#include "base/decimal.h"
#include "base/mem_limit.h"
#include "tensor/dtype.h"
#include "tensor/histogram.h"
#include "tensor/moments.h"
#include "tensor/nodata.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Statistics of the elements of one or more tensors of one dtype. C64 counts by its magnitude.
 * Integers of up to 16 bits are counted in a histogram, from which all else follows; other values
 * are summed (moments.h). The mean agrees with numpy's in float64 to its last digit or two, the
 * standard deviation to 12 digits, at any offset.
 */

enum { STATS_PERCENTILES = 5 };

/* 1, 2, 50, 98, 99 */
extern const double stats_percents[STATS_PERCENTILES];

struct stats {
	enum dtype dtype;
	bool percentiles; /* are wanted */
	const struct nodata *nodata;
	uint64_t count; /* elements */
	uint64_t nan, infinite, nodata_count, zeros;
	struct moments moments;
	uint64_t min_key, max_key; /* of 64-bit integers, see stats.c */
	struct histogram histogram;
};

struct stats_figures {
	bool measured; /* false: elements are smaller than a byte, and were only counted */
	uint64_t count, nan, infinite, nodata, zeros;
	/* Of the finite elements that are not nodata; NaN if there is none. Integers are exact. */
	char min[DECIMAL_SIZE], max[DECIMAL_SIZE];
	double mean, deviation; /* of the population */
	double percentile[STATS_PERCENTILES];
};

/* Starts with no element. `nodata` must outlive *s; `limit` (NULL: none) bounds the memory of the
 * histogram. Returns 0, or -1 if it does not suffice; stats_free in either case. */
int stats_start(struct stats *s, enum dtype dtype, bool percentiles, const struct nodata *nodata,
    struct mem_limit *limit);

/* Adds `bytes` bytes of elements. Returns 0, or -1 if the limit does not suffice. */
int stats_add(struct stats *s, const void *data, uint64_t bytes);

/* Removes all elements, and keeps the memory. The dtype may change as long as histogram_is_exact
 * of it does not. */
void stats_clear(struct stats *s, enum dtype dtype);

void stats_compute(const struct stats *s, struct stats_figures *f);

void stats_free(struct stats *s);

#endif
