/* What totals rest on: sums of 10^12 values, rounded counts and their order, integers of 64 bits, a
 * limit of memory. */

#include "base/mem_limit.h"
#include "tensor/counts.h"
#include "tensor/moments.h"
#include "tensor/nodata.h"
#include "tensor/totals.h"
#include "tensor/whole.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 20 };

/* The same thousand values 2^30 times, far from zero, merged as a stream would and by doubling. */
static void
test_sums(void)
{
	double v[1000];
	struct moments once = {.count = 0}, doubled, stream = {.count = 0};
	for (int i = 0; i < 1000; i++)
		v[i] = 1e6 + 0.1 * i;
	moments_add(&once, v, 1000);
	double mean = 1e6 + 0.1 * 999 / 2, std = 0.1 * sqrt((1e6 - 1) / 12);
	doubled = once;
	for (int i = 0; i < 30; i++) {
		struct moments half = doubled;
		moments_merge(&doubled, &half);
	}
	for (int i = 0; i < MANY; i++)
		moments_merge(&stream, &once);
	ok(doubled.count == UINT64_C(1000) << 30, "10^12 values");
	ok(fabs(moments_mean(&doubled) - mean) < 2e-10, "their mean: %.17g",
	    moments_mean(&doubled));
	ok(fabs(moments_deviation(&doubled) / std - 1) < 1e-12, "their deviation: %.17g",
	    moments_deviation(&doubled));
	ok(fabs(moments_mean(&stream) - mean) < 2e-10 &&
	        fabs(moments_deviation(&stream) / std - 1) < 1e-12,
	    "10^9 of them, a million blocks in turn: %.17g %.17g", moments_mean(&stream),
	    moments_deviation(&stream));
	double sum = 0, rest = 0;
	moments_sum(&sum, &rest, 1e16);
	for (int i = 0; i < MANY; i++)
		moments_sum(&sum, &rest, 0.25);
	moments_sum(&sum, &rest, -1e16);
	ok(fabs(sum + rest - MANY / 4) <= 0, "a sum loses nothing: %.17g", sum + rest);
}

/* Values of all sizes, both signs: each comes back in order, and no further away than is promised. */
static void
test_counts(void)
{
	enum { COUNT = 20000 };
	static double v[COUNT];
	struct mem_limit budget;
	struct counts c;
	double worst = 0, value, before = -(double)INFINITY;
	uint64_t times, state = 1, total = 0;
	uint32_t at = 0;
	int wrong = 0;
	for (int i = 0; i < COUNT; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		v[i] = ldexp((double)(state >> 12), (int)(state & 63) - 80) * (state & 64 ? 1 : -1);
	}
	for (int i = 0; i < COUNT; i += 50) {
		mem_limit_start(&budget, 1 << 20);
		wrong += counts_start(&c, DTYPE_F64, &budget) != 0 ||
		         counts_add_values(&c, &v[i], 1) != 0;
		at = 0;
		wrong += !counts_next(&c, &at, &value, &times) || times != 1;
		worst = fmax(worst, fabs(value / v[i] - 1));
		counts_free(&c);
	}
	ok(wrong == 0 && worst <= ldexp(1, -COUNTS_DIGITS) && worst > 0, "rounding: %g", worst);
	mem_limit_start(&budget, 64 << 20);
	counts_start(&c, DTYPE_F64, &budget);
	ok(counts_add_values(&c, v, COUNT) == 0, "counts of all");
	for (at = 0; counts_next(&c, &at, &value, &times); before = value, total += times)
		wrong += value <= before;
	ok(wrong == 0 && total == COUNT, "they come back in order, all of them");
	counts_free(&c);
	counts_start(&c, DTYPE_I32, &budget);
	for (int i = 0; i < 4096; i++)
		v[i] = 2047 - i;
	v[0] = -0.0;
	counts_add_values(&c, v, 4096);
	for (at = 0, before = -2049; counts_next(&c, &at, &value, &times); before = value)
		wrong += value != before + 1 || times != (value == 0 ? 2 : 1);
	ok(wrong == 0, "whole numbers below 2^%d are exact, and -0 is 0", COUNTS_DIGITS);
	counts_free(&c);
}

/* Every pattern of two bytes once, in order: the rest is NaN. */
static void
test_patterns(void)
{
	static const struct {
		enum dtype dtype;
		unsigned nan;
	} types[] = {{DTYPE_U16, 0}, {DTYPE_I16, 0}, {DTYPE_F16, 2046}, {DTYPE_BF16, 254},
	    {DTYPE_U8, 0}, {DTYPE_I8, 0}, {DTYPE_F8_E4M3, 2}, {DTYPE_F8_E5M2, 6},
	    {DTYPE_F8_E8M0, 1}, {DTYPE_F8_E4M3FNUZ, 1}, {DTYPE_F8_E5M2FNUZ, 1}, {DTYPE_BOOL, 0}};
	static unsigned char bytes[131072];
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct mem_limit budget;
		struct counts c;
		size_t size = dtype_size(types[i].dtype), count = (size_t)1 << 8 * size;
		for (size_t k = 0; k < count; k++) {
			bytes[k * size] = k & 255;
			bytes[k * size + size - 1] = (unsigned char)(size == 1 ? k : k >> 8);
		}
		mem_limit_start(&budget, 1 << 20);
		counts_start(&c, types[i].dtype, &budget);
		counts_add(&c, bytes, count);
		counts_add(&c, bytes, 3);
		double value, before = -(double)INFINITY;
		uint64_t times, total = 0;
		uint32_t at = 0;
		unsigned wrong = 0, nan = 0;
		while (counts_next(&c, &at, &value, &times)) {
			total += times;
			nan += isnan(value) != 0;
			wrong += value < before;
			before = isnan(value) ? before : value;
		}
		ok(wrong == 0 && nan == types[i].nan && total == count + 3,
		    "patterns of %s: %u NaN", dtype_name(types[i].dtype), nan);
		counts_free(&c);
	}
}

/* Sums of distances that go beyond 64 bits, both ways. */
static void
test_whole(void)
{
	struct whole_sum up = {0, 0}, down = {0, 0}, none = {0, 0};
	for (int i = 0; i < 1000; i++) {
		whole_add(&up, UINT64_MAX, 0);
		whole_add(&down, 0, UINT64_MAX);
		whole_add(&none, (uint64_t)i, 500);
	}
	ok(whole_mean(&up, 1000, DTYPE_U64, 0) >= 0x1p64, "the mean of the largest");
	ok(fabs(whole_mean(&down, 1000, DTYPE_U64, UINT64_MAX)) <= 0,
	    "the mean of zeros, from above");
	ok(fabs(whole_mean(&none, 1000, DTYPE_U64, 500) - 499.5) <= 0, "a mean below the first");
	ok(whole_mean(&down, 1000, DTYPE_I64, UINT64_MAX) <= -0x1p63, "the mean of the least");
	whole_merge(&up, &down);
	ok(up.low == 0 && up.high == 0, "sums that cancel");
	ok(whole_distance(3, 5) < -1 && whole_distance(5, 3) > 1, "distances have a sign");
}

static void
test_nodata(void)
{
	struct nodata n;
	ok(nodata_parse("-9999.9", &n) && !n.whole && nodata_for(&n, DTYPE_F32) < -9999.9,
	    "of a float the nearest is meant");
	ok(nodata_parse("1e3", &n) && nodata_is64(&n, true, 1000), "1e3 is 1000");
	ok(nodata_parse("-1", &n) && nodata_is64(&n, true, UINT64_MAX) &&
	        !nodata_is64(&n, false, UINT64_MAX),
	    "-1 is no unsigned number");
	ok(nodata_parse("18446744073709551615", &n) && nodata_is64(&n, false, UINT64_MAX) &&
	        !nodata_is64(&n, false, UINT64_MAX - 1) && !nodata_is64(&n, true, UINT64_MAX),
	    "the largest is no signed number, nor its neighbour");
	ok(nodata_parse("-9223372036854775808", &n) && nodata_is64(&n, true, UINT64_C(1) << 63),
	    "the least");
	ok(!nodata_parse(" 1", &n) && !nodata_parse("", &n) && !nodata_parse("1 ", &n),
	    "no numbers");
}

/* Rows end where memory does, not the system's. */
static void
test_limit(void)
{
	struct nodata none = {.set = false};
	struct totals *t = totals_new(1 << 20, &none);
	struct error why = {.text = ""};
	char name[32];
	unsigned i = 0;
	do {
		snprintf(name, sizeof name, "n%u", i++);
		struct tensor one = {.name = name, .dtype = DTYPE_U8, .end = 1};
		if (!totals_see(t, &one, "x", &why))
			break;
	} while (i < 100000);
	ok(i > 300 && i < 512 && why.hint == HINT_MEMORY, "1 MiB: %u names: %s", i, why.text);
	totals_free(t);
}

int
main(void)
{
	test_sums();
	test_counts();
	test_patterns();
	test_whole();
	test_nodata();
	test_limit();
	return tap_done();
}
