#include "tensor/stats.h"

#include "base/alloc.h"
#include "tensor/elements.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	BLOCK = 1024,          /* elements at once, as doubles */
	BLOCK_SMALL = 1 << 16, /* as integers of up to 16 bits, if there are more than a BLOCK */
	PERCENTILES = STATS_FIELDS - STATS_P1
};

const char *const stats_names[STATS_FIELDS] = {"count", "min", "max", "mean", "std", "nan", "inf",
    "nodata", "zeros", "p1", "p2", "p50", "p98", "p99"};

/* ---- the histogram ---- */

/* How often each value occurs. Integers of up to 16 bits are counted exactly; all other values are
 * rounded to 12 significant bits before. Bins lie in pages, which exist where values occur: for
 * doubles that is one page for each sign and power of two. */

enum {
	PAGE_BITS = 11, /* of the fraction, whose first 1 a double does not store */
	PAGE = 1 << PAGE_BITS,
	DROPPED_BITS = 52 - PAGE_BITS,
	DOUBLE_PAGES = 1 << 12, /* sign and exponent of a double */
	INTEGER_PAGES = ELEMENTS_SMALL / PAGE
};

/* calloc(3) within the limit; NULL if that does not suffice. */
static void *
allocate(const struct stats *s, size_t count, size_t size)
{
	if (s->left && *s->left < count * size)
		return NULL;
	if (s->left)
		*s->left -= count * size;
	return xcalloc(count, size);
}

/* Sign, exponent and rounded fraction of a double, so that keys are in the order of the values: a
 * negative double's bits fall as it rises. */
static uint32_t
key_of_double(double value)
{
	uint64_t bits;
	value += 0; /* -0 becomes 0 */
	memcpy(&bits, &value, sizeof bits);
	/* The carry of rounding goes into the exponent, as it should. */
	uint32_t key = (uint32_t)((bits + (UINT64_C(1) << (DROPPED_BITS - 1))) >> DROPPED_BITS);
	uint32_t sign = (uint32_t)DOUBLE_PAGES / 2 << PAGE_BITS;
	return key & sign ? 2 * sign - 1 - key : key | sign;
}

static double
double_of_key(uint32_t key)
{
	uint32_t sign = (uint32_t)DOUBLE_PAGES / 2 << PAGE_BITS;
	uint64_t bits = (uint64_t)(key & sign ? key ^ sign : 2 * sign - 1 - key) << DROPPED_BITS;
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* Counts the value of a key. Returns 0, or -1 if the limit does not suffice. */
static inline int
count_key(struct stats *s, uint32_t key, uint64_t times)
{
	uint64_t **page = &s->pages[key >> PAGE_BITS];
	if (!*page)
		*page = allocate(s, PAGE, sizeof **page);
	if (!*page)
		return -1;
	(*page)[key & (PAGE - 1)] += times;
	return 0;
}

/* The values in rising order, beginning with *at = 0, and how often each occurs. False after the
 * last one. */
static bool
next_value(const struct stats *s, size_t *at, double *value, uint64_t *times)
{
	bool small = dtype_is_small_integer(s->dtype);
	double offset = elements_offset(s->dtype);
	for (size_t key = *at; key < s->page_count << PAGE_BITS; key++) {
		const uint64_t *page = s->pages[key >> PAGE_BITS];
		if (!page)
			key |= PAGE - 1;
		if (!page || page[key & (PAGE - 1)] == 0)
			continue;
		*times = page[key & (PAGE - 1)];
		*value = small ? (double)key - offset : double_of_key((uint32_t)key);
		*at = key + 1;
		return true;
	}
	return false;
}

int
stats_start(struct stats *s, enum dtype dtype, bool percentiles, double nodata, size_t *left)
{
	/* In a float, -9999.9 is not -9999.9. */
	*s = (struct stats){.dtype = dtype,
	    .nodata = dtype == DTYPE_F32 ? (double)(float)nodata : nodata,
	    .min = (double)INFINITY,
	    .max = -(double)INFINITY,
	    .left = left};
	if (dtype_kind(dtype) == '-' || !percentiles)
		return 0;
	s->page_count = dtype_is_small_integer(dtype) ? INTEGER_PAGES : DOUBLE_PAGES;
	s->pages = allocate(s, s->page_count, sizeof *s->pages);
	return s->pages ? 0 : -1;
}

/* ---- adding ---- */

/* Moves the elements that count to the front, and counts the others. Local variables: the compiler
 * has to expect that a write to v changes *s. */
static size_t
sift(struct stats *s, double *v, size_t count)
{
	double nodata = s->nodata;
	uint64_t zeros = 0;
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		double value = v[i];
		/* First: the nodata value may be infinite. */
		if (value == nodata) {
			s->nodata_count++;
		} else if (isfinite(value)) {
			zeros += value == 0;
			v[n++] = value;
		} else {
			s->nan += isnan(value) != 0;
			s->infinite += isinf(value) != 0;
		}
	}
	s->zeros += zeros;
	return n;
}

enum { LANES = 4 }; /* sums that need not wait for each other's last addition */
_Static_assert(BLOCK % LANES == 0, "a block can be filled up");

static double
lanes_sum(const double lane[LANES])
{
	return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Adds `count` > 0 values to mean and squares, of which the sums of their distances from an origin,
 * and of these squared, are known (Chan, Golub, LeVeque 1983). */
static void
merge(struct stats *s, uint64_t count, double origin, long double sum, long double squares)
{
	long double here = (long double)s->total, there = (long double)count;
	long double apart = (long double)origin + sum / there - s->mean;
	s->mean += apart * (there / (here + there));
	s->squares += squares - sum * sum / there;
	s->squares += apart * apart * (here * (there / (here + there)));
	s->total += count;
}

/* Adds a block of `count` > 0 values. They are summed from one of them: so an offset costs no
 * digits. The block is filled up with that one, which adds nothing. */
static void
add_moments(struct stats *s, double *v, size_t count)
{
	double sums[LANES] = {0}, squares[LANES] = {0};
	/* Differences of huge numbers may be infinite. */
	double origin = fabs(v[0]) < 0x1p1000 ? v[0] : 0, min, max;
	elements_range(v, count, &min, &max);
	s->min = fmin(s->min, min);
	s->max = fmax(s->max, max);
	for (size_t i = count; i % LANES != 0; i++)
		v[i] = origin;
	for (size_t i = 0; i < count; i += LANES) {
		for (size_t k = 0; k < LANES; k++) {
			double apart = v[i + k] - origin;
			sums[k] += apart;
			squares[k] += apart * apart;
		}
	}
	merge(s, count, origin, (long double)lanes_sum(sums), (long double)lanes_sum(squares));
}

static int
add_numbers(struct stats *s, const void *data, uint64_t at, size_t n)
{
	bool small = dtype_is_small_integer(s->dtype);
	double v[BLOCK], offset = elements_offset(s->dtype);
	elements_read(s->dtype, data, (size_t)at, n, v);
	n = sift(s, v, n);
	for (size_t i = 0; s->pages && i < n; i++) {
		uint32_t key = small ? (uint32_t)(v[i] + offset) : key_of_double(v[i]);
		if (count_key(s, key, 1) != 0)
			return -1;
	}
	if (n > 0)
		add_moments(s, v, n);
	return 0;
}

/* Adds integers of up to 16 bits, value by value: the sums are whole numbers. */
static int
add_small(struct stats *s, const void *data, uint64_t at, size_t n)
{
	uint16_t v[BLOCK_SMALL];
	uint32_t times[ELEMENTS_SMALL];
	size_t begin, end;
	uint64_t total = 0, sum = 0, squares = 0;
	double first, value;
	elements_read_small(s->dtype, data, (size_t)at, n, v);
	elements_count(v, n, times, &begin, &end);
	first = value = (double)begin - elements_offset(s->dtype);
	for (size_t i = begin; i < end; i++, value++) {
		uint64_t apart = i - begin;
		if (times[i] == 0)
			continue;
		if (value == s->nodata) {
			s->nodata_count += times[i];
			continue;
		}
		s->zeros += value == 0 ? times[i] : 0;
		s->min = fmin(s->min, value);
		s->max = fmax(s->max, value);
		total += times[i];
		sum += times[i] * apart;
		squares += times[i] * apart * apart;
		if (s->pages && count_key(s, (uint32_t)i, times[i]) != 0)
			return -1;
	}
	if (total > 0)
		merge(s, total, first, (long double)sum, (long double)squares);
	return 0;
}

int
stats_add(struct stats *s, const void *data, uint64_t bytes)
{
	uint64_t count = bytes * 8 / dtype_bits(s->dtype);
	/* The counts of a few elements would be nearly all zero. */
	bool small = dtype_is_small_integer(s->dtype) && count > BLOCK;
	uint64_t block = small ? BLOCK_SMALL : BLOCK;
	int status = 0;
	s->count += count;
	if (dtype_kind(s->dtype) == '-')
		return 0;
	for (uint64_t at = 0; at < count && status == 0; at += block) {
		size_t n = (size_t)(count - at < block ? count - at : block);
		status = small ? add_small(s, data, at, n) : add_numbers(s, data, at, n);
	}
	return status;
}

/* ---- results ---- */

/* A percentile, interpolated linearly between two values, as numpy.percentile does. */
static double
find_percentile(const struct stats *s, double percent)
{
	if (!s->pages || s->total == 0)
		return (double)NAN;
	double value = 0, before = 0, place = percent / 100 * (double)(s->total - 1);
	uint64_t times, passed = 0; /* values up to and with `before` */
	uint64_t rank = (uint64_t)place, next = rank + 1 < s->total ? rank + 1 : rank;
	for (size_t at = 0; next_value(s, &at, &value, &times) && next >= passed + times;) {
		passed += times;
		before = value;
	}
	/* `next` is this value; the rank itself may be the value before. */
	double low = rank < passed ? before : value, part = place - (double)rank;
	double result = part > 0 ? low + (value - low) * part : low;
	/* Rounded values may lie outside of the limits. */
	return fmin(fmax(result, s->min), s->max);
}

void
stats_text(const struct stats *s, char text[STATS_FIELDS][DECIMAL_SIZE])
{
	static const double percents[PERCENTILES] = {1, 2, 50, 98, 99};
	const uint64_t counts[] = {s->nan, s->infinite, s->nodata_count, s->zeros};
	bool is_double = dtype_kind(s->dtype) != 'f' || s->dtype == DTYPE_F64 ||
	                 s->dtype == DTYPE_C64;
	double values[] = {
	    s->min, s->max, (double)s->mean, sqrt((double)(s->squares / (long double)s->total))};
	snprintf(text[STATS_COUNT], DECIMAL_SIZE, "%" PRIu64, s->count);
	for (unsigned i = STATS_COUNT + 1; i < STATS_FIELDS; i++)
		snprintf(text[i], DECIMAL_SIZE, "-");
	if (dtype_kind(s->dtype) == '-')
		return;
	for (unsigned i = 0; i < sizeof values / sizeof *values; i++)
		decimal_text(text[STATS_MIN + i], s->total > 0 ? values[i] : (double)NAN,
		    /* limits: the shortest text that reads back to the same value of the dtype */
		    is_double || i > 1 ? DECIMAL_DOUBLE : DECIMAL_FLOAT);
	for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++)
		snprintf(text[STATS_NAN + i], DECIMAL_SIZE, "%" PRIu64, counts[i]);
	for (unsigned i = 0; i < PERCENTILES; i++)
		decimal_text(text[STATS_P1 + i], find_percentile(s, percents[i]), DECIMAL_DOUBLE);
}
