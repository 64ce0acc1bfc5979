#include "tensor/stats.h"

#include "tensor/elements.h"
#include "tensor/moments.h"
#include "tensor/whole.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { BLOCK = 1024 }; /* elements that are summed at once */

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

static void
find_limits64(struct stats *s, const void *data, uint64_t count)
{
	uint64_t flip = whole_flip(s->dtype);
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
stats_of64(struct stats *s, const void *data, uint64_t count)
{
	double block[BLOCK] = {0};
	struct moments above = {.count = 0}; /* the least */
	struct whole_sum sum = {0, 0};
	find_limits64(s, data, count);
	for (uint64_t at = 0; at < count; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		for (size_t i = 0; i < n; i++) {
			uint64_t bits = elements_bits64(data, (size_t)at + i);
			uint64_t key = bits ^ whole_flip(s->dtype);
			s->zeros += bits == 0;
			whole_add(&sum, key, s->least_key);
			block[i] = whole_distance(key, s->least_key);
		}
		moments_add(&above, block, n);
	}
	s->finite = count;
	s->mean = whole_mean(&sum, count, s->dtype, s->least_key);
	s->std = moments_deviation(&above);
	s->min = whole_number(s->dtype, s->least_key);
	s->max = whole_number(s->dtype, s->most_key);
}

void
stats_of(enum dtype dtype, const void *data, uint64_t count, struct stats *s)
{
	double block[BLOCK];
	struct moments all = {.count = 0};
	*s = (struct stats){.dtype = dtype,
	    .min = (double)NAN,
	    .max = (double)NAN,
	    .mean = (double)NAN,
	    .std = (double)NAN};
	bool whole = whole_dtype(dtype);
	for (uint64_t at = 0; at < count && !whole; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		elements_read(dtype, data, (size_t)at, n, block);
		moments_add(&all, block, stats_sift(s, block, n));
	}
	if (whole && count > 0) {
		stats_of64(s, data, count);
	} else if (all.count > 0) {
		s->finite = all.count;
		s->min = all.min;
		s->max = all.max;
		s->mean = moments_mean(&all);
		s->std = moments_deviation(&all);
	}
}

void
stats_limits(const struct stats *s, char min[DECIMAL_SIZE], char max[DECIMAL_SIZE])
{
	if (s->dtype == DTYPE_U64 && s->finite > 0) {
		snprintf(min, DECIMAL_SIZE, "%" PRIu64, s->least_key);
		snprintf(max, DECIMAL_SIZE, "%" PRIu64, s->most_key);
	} else if (s->dtype == DTYPE_I64 && s->finite > 0) {
		snprintf(
		    min, DECIMAL_SIZE, "%" PRId64, (int64_t)(s->least_key ^ whole_flip(DTYPE_I64)));
		snprintf(
		    max, DECIMAL_SIZE, "%" PRId64, (int64_t)(s->most_key ^ whole_flip(DTYPE_I64)));
	} else if (s->dtype == DTYPE_F64 || s->dtype == DTYPE_C64 || dtype_is_signed(s->dtype) ||
	           dtype_is_unsigned(s->dtype)) {
		decimal_text(min, s->min, DECIMAL_DOUBLE);
		decimal_text(max, s->max, DECIMAL_DOUBLE);
	} else {
		decimal_text(min, s->min, DECIMAL_FLOAT);
		decimal_text(max, s->max, DECIMAL_FLOAT);
	}
}
