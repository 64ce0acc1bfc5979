#ifndef RSENC_TENSOR_COUNTS_H
#define RSENC_TENSOR_COUNTS_H

#include "base/mem_limit.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How often each value came: percentiles follow from it, and of elements of one or two bytes, which
 * have a counter for each pattern of bits, everything else does too, exactly.
 *
 * Larger elements are counted as doubles that are rounded to COUNTS_DIGITS significant bits, that
 * is by at most 2^-COUNTS_DIGITS (0.025 %) of themselves. Numbers that have no more bits, such as
 * whole ones below 4096, are exact. (Those nearer to zero than 2.3e-308 are rounded by as much as
 * that number is.) Of counters there are as many as values have exponents: 16 KiB each.
 *
 * Sums of counts do not depend on their order: however threads share the work, the result is the
 * same. A caller with threads holds a lock.
 */

enum { COUNTS_DIGITS = 12 };

struct counts {
	enum dtype dtype;
	uint64_t *bins;   /* by the bits of the element; else NULL */
	uint64_t **pages; /* by sign and exponent, NULL where none came; else NULL */
	struct mem_limit *budget;
};

/* Whether elements of that type are counted one by one, not rounded. */
bool counts_exact(enum dtype dtype);

/* Starts counting elements of a type whose elements are no smaller than a byte. Returns 0, or -1
 * when there is no memory or too little of it allowed. counts_free in either case. */
int counts_start(struct counts *c, enum dtype dtype, struct mem_limit *budget);

/* Adds elements where counts_exact; NaN and infinities too. */
void counts_add(struct counts *c, const void *data, uint64_t count);

/* Adds finite values where not. Returns 0, or -1 when there is no memory or too little of it allowed. */
int counts_add_values(struct counts *c, const double *values, size_t count);

/* The next value that came, from *at = 0 on, and how often: finite ones and infinities in rising
 * order, and among them what is not a number. False after the last. */
bool counts_next(const struct counts *c, uint32_t *at, double *value, uint64_t *times);

void counts_free(struct counts *c);

#endif
