#include "tensor/whole.h"

#include <math.h>

static long double
number(enum dtype dtype, uint64_t key)
{
	uint64_t flip = whole_flip(dtype);
	return flip ? (long double)(int64_t)(key ^ flip) : (long double)key;
}

double
whole_number(enum dtype dtype, uint64_t key)
{
	return (double)number(dtype, key);
}

double
whole_distance(uint64_t key, uint64_t from)
{
	return key >= from ? (double)(key - from) : -(double)(from - key);
}

void
whole_add(struct whole_sum *s, uint64_t key, uint64_t from)
{
	uint64_t before = s->low;
	s->low += key - from;
	/* The difference has 65 bits: without its sign it is as it stands, with it 2^64 too large. */
	s->high += s->low < before;
	s->high -= key < from;
}

void
whole_merge(struct whole_sum *s, const struct whole_sum *other)
{
	uint64_t before = s->low;
	s->low += other->low;
	s->high += other->high + (s->low < before);
}

double
whole_mean(const struct whole_sum *s, uint64_t count, enum dtype dtype, uint64_t from)
{
	/* Without its sign: a long double that is only a double would lose the low part beside
	 * the 2^64 that two's complement adds. */
	uint64_t low = s->low, high = s->high;
	bool negative = high >> 63;
	if (negative) {
		low = 0 - low;
		high = ~high + (low == 0);
	}
	long double sum = ldexpl((long double)high, 64) + (long double)low;
	long double apart = sum / (long double)count;
	return (double)(number(dtype, from) + (negative ? -apart : apart));
}
