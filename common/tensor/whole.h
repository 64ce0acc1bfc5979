#ifndef RSENC_TENSOR_WHOLE_H
#define RSENC_TENSOR_WHOLE_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * 64-bit integers, of which doubles hold only those below 2^53: their order, how far apart they are,
 * and their mean, exact in 128 bits and rounded once. A key is the number with its top bit flipped
 * if it is signed: keys of either kind are in the order of their numbers.
 */

static inline bool
whole_dtype(enum dtype dtype)
{
	return dtype == DTYPE_I64 || dtype == DTYPE_U64;
}

/* What the bits are combined with (^) to become a key, and a key to become them. */
static inline uint64_t
whole_flip(enum dtype dtype)
{
	return dtype == DTYPE_I64 ? UINT64_C(1) << 63 : 0;
}

/* The number of a key. */
double whole_number(enum dtype dtype, uint64_t key);

/* How far a key is above another, rounded. */
double whole_distance(uint64_t key, uint64_t from);

/* A sum of distances from one key: 128 bits, in two's complement. */
struct whole_sum {
	uint64_t low, high;
};

void whole_add(struct whole_sum *s, uint64_t key, uint64_t from);
void whole_merge(struct whole_sum *s, const struct whole_sum *other);

/* The mean of `count` numbers whose distances from `from` were summed. */
double whole_mean(const struct whole_sum *s, uint64_t count, enum dtype dtype, uint64_t from);

#endif
