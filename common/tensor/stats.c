#include "tensor/stats.h"

#include "tensor/elements.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { BLOCK = 1024 }; /* elements that are summed at once */

/* Flips a signed number's top bit: keys of either kind are in the order of their numbers. */
#define SIGN_BIT (UINT64_C(1) << 63)

/* Moves the finite values to the front and counts the rest. */
static size_t
stats_sift(struct stats *s, double *v, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		s->nan += isnan(v[i]) != 0;
		s->zeros += v[i] == 0;
		if (isfinite(v[i]))
			v[n++] = v[i];
	}
	return n;
}

/* Merges a block of finite values into s, whose mean is the sum (of integers below 2^53 an exact
 * one) and whose std is the sum of squared differences until the end. */
static void
stats_merge(struct stats *s, const double *v, size_t n)
{
	double sum = 0, squares = 0, rest = 0;
	if (s->finite == 0)
		s->min = s->max = v[0];
	for (size_t i = 0; i < n; i++) {
		sum += v[i];
		s->min = v[i] < s->min ? v[i] : s->min;
		s->max = v[i] > s->max ? v[i] : s->max;
	}
	double mean = sum / (double)n;
	for (size_t i = 0; i < n; i++) {
		double d = v[i] - mean;
		rest += d;
		squares += d * d;
	}
	s->std += squares - rest * rest / (double)n; /* rest: what rounding the mean left over */
	if (s->finite > 0) {
		double before = (double)s->finite;
		double apart = mean - s->mean / before;
		s->std += apart * apart * before * (double)n / (before + (double)n);
	}
	s->mean += sum;
	s->finite += n;
}

static void
find_limits64(struct stats *s, const void *data, uint64_t count, uint64_t flip)
{
	s->least_key = UINT64_MAX;
	s->most_key = 0;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t key = elements_bits64(data, (size_t)i) ^ flip;
		s->least_key = key < s->least_key ? key : s->least_key;
		s->most_key = key > s->most_key ? key : s->most_key;
	}
}

/* 64-bit integers: above the least of them they are small, as a rule, and exact as doubles, where
 * they themselves are not beyond 2^53. */
static void
stats_of64(struct stats *s, const void *data, uint64_t count, uint64_t flip)
{
	double block[BLOCK] = {0};
	uint64_t low = 0, high = 0; /* of the sum above the least */
	find_limits64(s, data, count, flip);
	for (uint64_t at = 0; at < count; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		for (size_t i = 0; i < n; i++) {
			uint64_t bits = elements_bits64(data, (size_t)at + i);
			uint64_t above = (bits ^ flip) - s->least_key;
			s->zeros += bits == 0;
			block[i] = (double)above;
			low += above;
			high += low < above;
		}
		stats_merge(s, block, n);
	}
	long double least = flip ? (long double)(int64_t)(s->least_key ^ flip)
	                         : (long double)s->least_key;
	long double sum = ldexpl((long double)high, 64) + (long double)low;
	s->mean = (double)(least + sum / (long double)count);
	s->min = (double)least;
	s->max = (double)(least + (long double)(s->most_key - s->least_key));
}

void
stats_of(enum dtype dtype, const void *data, uint64_t count, struct stats *s)
{
	double block[BLOCK];
	*s = (struct stats){.dtype = dtype};
	bool whole = dtype == DTYPE_I64 || dtype == DTYPE_U64;
	for (uint64_t at = 0; at < count && !whole; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		elements_read(dtype, data, (size_t)at, n, block);
		n = stats_sift(s, block, n);
		if (n > 0)
			stats_merge(s, block, n);
	}
	s->mean = s->finite > 0 ? s->mean / (double)s->finite : 0;
	if (whole && count > 0)
		stats_of64(s, data, count, dtype == DTYPE_I64 ? SIGN_BIT : 0);
	if (s->finite == 0)
		s->min = s->max = s->mean = s->std = (double)NAN;
	else
		s->std = sqrt(s->std < 0 ? 0 : s->std / (double)s->finite);
}

void
stats_limits(const struct stats *s, char min[DECIMAL_SIZE], char max[DECIMAL_SIZE])
{
	if (s->dtype == DTYPE_U64 && s->finite > 0) {
		snprintf(min, DECIMAL_SIZE, "%" PRIu64, s->least_key);
		snprintf(max, DECIMAL_SIZE, "%" PRIu64, s->most_key);
	} else if (s->dtype == DTYPE_I64 && s->finite > 0) {
		snprintf(min, DECIMAL_SIZE, "%" PRId64, (int64_t)(s->least_key ^ SIGN_BIT));
		snprintf(max, DECIMAL_SIZE, "%" PRId64, (int64_t)(s->most_key ^ SIGN_BIT));
	} else if (s->dtype == DTYPE_F64 || s->dtype == DTYPE_C64 || dtype_is_signed(s->dtype) ||
	           dtype_is_unsigned(s->dtype)) {
		decimal_text(min, s->min, DECIMAL_DOUBLE);
		decimal_text(max, s->max, DECIMAL_DOUBLE);
	} else {
		decimal_text(min, s->min, DECIMAL_FLOAT);
		decimal_text(max, s->max, DECIMAL_FLOAT);
	}
}
