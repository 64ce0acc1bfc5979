#include "tensor/stats.h"

#include "tensor/elements.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { BLOCK = 1024 }; /* elements that are summed at once */

const double stats_percents[STATS_PERCENTILES] = {1, 2, 50, 98, 99};

/* Doubles hold only those 64-bit integers that are below 2^53. Their keys are in the order of the
 * integers, signed or not: the bits, with the sign bit inverted if there is one. */
static uint64_t
sign_bit(enum dtype dtype)
{
	return dtype == DTYPE_I64 ? UINT64_C(1) << 63 : 0;
}

static double
number_of_key(enum dtype dtype, uint64_t key)
{
	uint64_t bits = key ^ sign_bit(dtype);
	return dtype == DTYPE_I64 ? (double)(int64_t)bits : (double)bits;
}

/* `key` - `from`, which is exact as a double below 2^53. */
static double
key_distance(uint64_t key, uint64_t from)
{
	return key >= from ? (double)(key - from) : -(double)(from - key);
}

void
stats_clear(struct stats *s, enum dtype dtype)
{
	s->dtype = dtype;
	s->count = s->nan = s->infinite = s->nodata_count = s->zeros = 0;
	s->moments = (struct moments){.count = 0};
	s->min_key = UINT64_MAX;
	s->max_key = 0;
	histogram_clear(&s->histogram);
}

int
stats_start(struct stats *s, enum dtype dtype, bool percentiles, const struct nodata *nodata,
    struct mem_limit *limit)
{
	bool exact = histogram_is_exact(dtype);
	*s = (struct stats){.percentiles = percentiles, .nodata = nodata};
	stats_clear(s, dtype);
	if (dtype_size(dtype) == 0 || !(exact || percentiles))
		return 0;
	return histogram_start(&s->histogram, exact, limit);
}

/* ---- adding ---- */

/* Moves the elements that count to the front, and counts the others. */
static size_t
sift_values(struct stats *s, double *v, size_t count)
{
	double nodata = nodata_for(s->nodata, s->dtype);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		double value = v[i];
		/* First: the nodata value may be infinite. */
		if (value == nodata) {
			s->nodata_count++;
		} else if (isfinite(value)) {
			s->zeros += value == 0;
			v[n++] = value;
		} else {
			s->nan += isnan(value) != 0;
			s->infinite += isinf(value) != 0;
		}
	}
	return n;
}

/* The same of 64-bit integers, whose keys go to `keys`. */
static size_t
sift_keys(struct stats *s, const char *data, size_t count, uint64_t *keys)
{
	uint64_t sign = sign_bit(s->dtype);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = elements_bits64(data, i), key = bits ^ sign;
		if (nodata_is64(s->nodata, sign != 0, bits)) {
			s->nodata_count++;
			continue;
		}
		s->zeros += bits == 0;
		s->min_key = key < s->min_key ? key : s->min_key;
		s->max_key = key > s->max_key ? key : s->max_key;
		keys[n++] = key;
	}
	return n;
}

static int
add_block_of_keys(struct stats *s, const char *data, size_t count)
{
	uint64_t keys[BLOCK];
	double v[BLOCK];
	size_t n = sift_keys(s, data, count, keys);
	for (size_t i = 0; i < n; i++)
		v[i] = number_of_key(s->dtype, keys[i]);
	if (s->percentiles && histogram_add_values(&s->histogram, v, n) != 0)
		return -1;
	/* Without its last 11 bits, a key is exact as a double. */
	uint64_t origin = n > 0 ? keys[0] & ~UINT64_C(0x7ff) : 0;
	for (size_t i = 0; i < n; i++)
		v[i] = key_distance(keys[i], origin);
	moments_add(&s->moments, number_of_key(s->dtype, origin), v, n);
	return 0;
}

static int
add_block(struct stats *s, const char *data, size_t count)
{
	double v[BLOCK];
	elements_read(s->dtype, data, 0, count, v);
	size_t n = sift_values(s, v, count);
	if (s->percentiles && histogram_add_values(&s->histogram, v, n) != 0)
		return -1;
	moments_add(&s->moments, 0, v, n);
	return 0;
}

int
stats_add(struct stats *s, const void *data, uint64_t bytes)
{
	size_t size = dtype_size(s->dtype);
	const char *p = data;
	int bad = 0;
	if (size == 0) {
		s->count += bytes * 8 / dtype_bits(s->dtype);
		return 0;
	}
	uint64_t count = bytes / size;
	s->count += count;
	if (histogram_is_exact(s->dtype)) {
		bad = histogram_add_integers(&s->histogram, s->dtype, data, count);
		s->nodata_count += histogram_remove(&s->histogram, nodata_for(s->nodata, s->dtype));
		return bad;
	}
	for (uint64_t at = 0; at < count && !bad; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		bad = s->dtype == DTYPE_I64 || s->dtype == DTYPE_U64
		          ? add_block_of_keys(s, p + at * size, n)
		          : add_block(s, p + at * size, n);
	}
	return bad;
}

/* ---- figures ---- */

/* The shortest text that reads back to the same value of that type. */
static void
limit_text(char *text, enum dtype dtype, double value, uint64_t key, bool any)
{
	bool is_double = dtype == DTYPE_F64 || dtype == DTYPE_C64 || dtype_is_signed(dtype) ||
	                 dtype_is_unsigned(dtype);
	if (any && dtype == DTYPE_U64)
		snprintf(text, DECIMAL_SIZE, "%" PRIu64, key);
	else if (any && dtype == DTYPE_I64)
		snprintf(text, DECIMAL_SIZE, "%" PRId64, (int64_t)(key ^ sign_bit(dtype)));
	else
		decimal_text(
		    text, any ? value : (double)NAN, is_double ? DECIMAL_DOUBLE : DECIMAL_FLOAT);
}

/* Sums over a histogram of integers, which long doubles of 64 bits hold exactly. */
static uint64_t
figures_of_histogram(const struct histogram *h, struct stats_figures *f, double limits[2])
{
	double value;
	uint64_t times, total = 0;
	long double sum = 0, squares = 0;
	for (size_t at = 0; histogram_next(h, &at, &value, &times); total += times) {
		limits[0] = total == 0 ? value : limits[0];
		limits[1] = value;
		f->zeros += value == 0 ? times : 0;
		sum += (long double)value * (long double)times;
	}
	long double mean = sum / (long double)total;
	for (size_t at = 0; histogram_next(h, &at, &value, &times);) {
		long double apart = (long double)value - mean;
		squares += apart * apart * (long double)times;
	}
	f->mean = (double)mean;
	f->deviation = sqrt((double)(squares / (long double)total));
	return total;
}

void
stats_compute(const struct stats *s, struct stats_figures *f)
{
	double limits[2] = {s->moments.min, s->moments.max};
	uint64_t total = s->moments.count;
	*f = (struct stats_figures){.measured = dtype_size(s->dtype) > 0,
	    .count = s->count,
	    .nan = s->nan,
	    .infinite = s->infinite,
	    .nodata = s->nodata_count,
	    .zeros = s->zeros};
	if (f->measured && histogram_is_exact(s->dtype)) {
		total = figures_of_histogram(&s->histogram, f, limits);
	} else if (total > 0) {
		f->mean = s->moments.mean + s->moments.mean_rest;
		f->deviation = moments_deviation(&s->moments);
	}
	if (s->dtype == DTYPE_I64 || s->dtype == DTYPE_U64) {
		limits[0] = number_of_key(s->dtype, s->min_key);
		limits[1] = number_of_key(s->dtype, s->max_key);
	}
	limit_text(f->min, s->dtype, limits[0], s->min_key, total > 0);
	limit_text(f->max, s->dtype, limits[1], s->max_key, total > 0);
	if (total == 0)
		f->mean = f->deviation = (double)NAN;
	for (unsigned p = 0; p < STATS_PERCENTILES; p++)
		f->percentile[p] = (double)NAN;
	if (total == 0 || !s->percentiles)
		return;
	histogram_percentiles(
	    &s->histogram, total, stats_percents, STATS_PERCENTILES, f->percentile);
	/* Rounded values may lie outside of the limits. */
	for (unsigned p = 0; p < STATS_PERCENTILES; p++)
		f->percentile[p] = fmin(fmax(f->percentile[p], limits[0]), limits[1]);
}

void
stats_free(struct stats *s)
{
	histogram_free(&s->histogram);
}
