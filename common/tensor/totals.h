#ifndef RSENC_TENSOR_TOTALS_H
#define RSENC_TENSOR_TOTALS_H

#include "base/decimal.h"
#include "base/error.h"
#include "tensor/moments.h"
#include "tensor/nodata.h"
#include "tensor/safetensors.h"
#include "tensor/whole.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What the elements of a whole dataset are like: a row for each tensor name, and for each dtype that
 * the name comes with. Threads may share the work, and the result is the same to the last bit
 * whatever they are: counts.h does not depend on order, and what does (moments.h) is made a tensor at
 * a time and merged in the order of the stream. For each tensor, in that order,
 *
 *     row = totals_see(...)     by one thread at a time
 *     totals_work(row, ...)     by any thread
 *     totals_merge(row, ...)    by one thread at a time
 */

enum { TOTALS_PERCENTILES = 5 };

/* 1, 2, 50, 98, 99 */
extern const double totals_percents[TOTALS_PERCENTILES];

struct totals;
struct totals_row;

/* What one tensor adds to its row. */
struct totals_part {
	uint64_t nan, infinite, nodata, zeros;
	struct moments moments;       /* of 64-bit integers: of their distances from the first */
	uint64_t least_key, most_key; /* of those */
	struct whole_sum sum;
};

/* The result. What is left out of all but `count`: NaN, infinities and nodata. */
struct totals_figures {
	const char *name; /* belongs to the totals, as does dtype's */
	enum dtype dtype;
	bool measured; /* false: elements are smaller than a byte, and only patches were counted */
	bool again;    /* the name was there before with another dtype */
	size_t other;  /* the next row of the name, with another dtype; 0: there is none */
	uint64_t patches, count; /* tensors; elements */
	uint64_t nan, infinite, nodata, zeros;
	uint64_t finite; /* elements that the rest is of; where it is 0 that is NaN */
	char min[DECIMAL_SIZE], max[DECIMAL_SIZE]; /* exact */
	double mean, deviation;                    /* of the population */
	double percentile[TOTALS_PERCENTILES];     /* as numpy's percentile(); see counts.h */
};

/* Starts with nothing. The totals take at most max_memory bytes: a row takes 512 KiB where elements
 * have two bytes, 2 KiB where they have one, and 32 KiB and more where they are larger. Returns
 * NULL when there is no memory. */
struct totals *totals_new(size_t max_memory, const struct nodata *nodata);

/* The row of a tensor, which is made if it is new; the tensor is one patch more of it. `data` is that
 * of the blob. Returns NULL with the reason if there is no memory left. */
struct totals_row *
totals_see(struct totals *t, const struct tensor *tensor, const char *data, struct error *why);

/* Looks at all elements, of which there are as many as *tensor says; replaces *part. Returns 0, or -1
 * with the reason if there is no memory left. */
int totals_work(struct totals_row *row, const struct tensor *tensor, const char *data,
    struct totals_part *part, struct error *why);

void totals_merge(struct totals_row *row, const struct totals_part *part);

/* Rows, in the order in which the stream brought them. */
size_t totals_count(const struct totals *t);
void totals_figures(const struct totals *t, size_t i, struct totals_figures *f);

/* How many names come with several dtypes; where there are such, the first and two of its dtypes. */
size_t
totals_several(const struct totals *t, const char **name, enum dtype *one, enum dtype *other);

void totals_free(struct totals *t);

#endif
