#ifndef RSENC_TENSOR_STATS_H
#define RSENC_TENSOR_STATS_H

#include "base/number.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Statistics of the elements of one or more tensors of one dtype, as doubles (elements.h). Mean and
 * standard deviation are as accurate as numpy's in float64, also at a large offset. Percentiles
 * come from a histogram, which is exact for integers of up to 16 bits.
 */

struct stats {
	enum dtype dtype;
	double nodata;  /* as elements of the dtype hold it; NaN: none */
	uint64_t count; /* elements */
	uint64_t nan, infinite, nodata_count, zeros;
	/* Of the finite elements that are not nodata. */
	uint64_t total;
	double min, max;
	long double mean, squares; /* sum of the squared distances from the mean */
	/* Private: the histogram. */
	uint64_t **pages;
	size_t page_count, *left;
};

/* What is computed, in the order of rsenc-show --totals. */
enum {
	STATS_COUNT,
	STATS_MIN,
	STATS_MAX,
	STATS_MEAN,
	STATS_STD, /* of the population */
	STATS_NAN,
	STATS_INF,
	STATS_NODATA,
	STATS_ZEROS,
	STATS_P1,
	STATS_FIELDS = STATS_P1 + 5
};

extern const char *const stats_names[STATS_FIELDS]; /* "count", "min" ... "p99" */

/* Starts with no element. *left (NULL: no limit) are the bytes that the histogram may take, 16 KiB
 * for each 2048 neighbouring integers that occur, or 32 KiB and 16 KiB for each power of two.
 * Returns 0, or -1 if they do not suffice. */
int stats_start(struct stats *s, enum dtype dtype, bool percentiles, double nodata, size_t *left);

/* Adds `bytes` bytes of elements. Returns 0, or -1 if the limit does not suffice. */
int stats_add(struct stats *s, const void *data, uint64_t bytes);

/* The statistics as text: "nan" without any value, "-" except for the count of F4, F6 and
 * F8. */
void stats_text(const struct stats *s, char text[STATS_FIELDS][DECIMAL_SIZE]);

#endif
