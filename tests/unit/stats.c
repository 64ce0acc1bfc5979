/* Statistics: moments of 10^12 values and at large offsets, histograms and their order, limits of
 * memory, nodata values. */

#include "base/mem_limit.h"
#include "tensor/dataset_stats.h"
#include "tensor/histogram.h"
#include "tensor/moments.h"
#include "tensor/nodata.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 20 };

static double
mean_of(const struct moments *m)
{
	return m->mean + m->mean_rest;
}

/* The same thousand values 2^30 times, merged as a stream merges them and by doubling. */
static void
test_many(void)
{
	double v[1000];
	struct moments once = {.count = 0}, doubled, stream = {.count = 0};
	for (int i = 0; i < 1000; i++)
		v[i] = 1e6 + 0.1 * i;
	moments_add(&once, 0, v, 1000);
	double mean = 1e6 + 0.1 * 999 / 2, std = 0.1 * sqrt((1e6 - 1) / 12);
	doubled = once;
	for (int i = 0; i < 30; i++) {
		struct moments half = doubled;
		moments_merge(&doubled, &half);
	}
	for (int i = 0; i < MANY; i++)
		moments_merge(&stream, &once);
	ok(doubled.count == UINT64_C(1000) << 30, "10^12 values");
	ok(fabs(mean_of(&doubled) - mean) < 2e-10, "their mean: %.17g", mean_of(&doubled));
	ok(fabs(moments_deviation(&doubled) / std - 1) < 1e-12, "their deviation: %.17g",
	    moments_deviation(&doubled));
	ok(fabs(mean_of(&stream) - mean) < 2e-10 &&
	        fabs(moments_deviation(&stream) / std - 1) < 1e-12,
	    "10^9 of them in a million blocks: %.17g %.17g", mean_of(&stream),
	    moments_deviation(&stream));
}

/* Blocks of values from -0.5 to 0.5 with an offset of which doubles hold few more digits. */
static void
test_offset(void)
{
	static const double offsets[] = {0, 1e9, 1e12, -1e12, 0x1p50};
	for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
		struct moments all = {.count = 0};
		uint64_t state = 1;
		long double sum = 0, squares = 0;
		static double v[64][1000];
		for (int block = 0; block < 64; block++) {
			for (int i = 0; i < 1000; i++) {
				state = state * 6364136223846793005u + 1442695040888963407u;
				v[block][i] = offsets[o] + (double)(state >> 40) * 0x1p-24 - 0.5;
				sum += (long double)(v[block][i] - offsets[o]);
			}
			moments_add(&all, 0, v[block], 1000);
		}
		long double mean = sum / 64000;
		for (int i = 0; i < 64000; i++) {
			long double d = v[i / 1000][i % 1000] - offsets[o] - mean;
			squares += d * d;
		}
		double std = (double)sqrtl(squares / 64000);
		double got = all.mean - offsets[o] + all.mean_rest;
		ok(fabs(moments_deviation(&all) / std - 1) < 1e-12 &&
		        fabs(got - (double)mean) < 1e-12,
		    "offset %g: %.17g, %.17g", offsets[o], moments_deviation(&all), std);
	}
}

/* Values of all sizes and both signs: each is rounded no further than promised, and all are in
 * order. */
static void
test_histogram(void)
{
	enum { COUNT = 20000 };
	static double v[COUNT];
	struct histogram h;
	double worst = 0, value, before = -(double)INFINITY;
	uint64_t times, state = 1, total = 0;
	size_t at;
	int wrong = 0;
	for (int i = 0; i < COUNT; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		v[i] = ldexp((double)(state >> 12), (int)(state & 63) - 80) * (state & 64 ? 1 : -1);
	}
	histogram_start(&h, false, NULL);
	for (int i = 0; i < COUNT; i += 50) {
		histogram_add_values(&h, &v[i], 1);
		at = 0;
		wrong += !histogram_next(&h, &at, &value, &times) || times != 1;
		worst = fmax(worst, fabs(value / v[i] - 1));
		histogram_clear(&h);
	}
	ok(wrong == 0 && worst <= ldexp(1, -HISTOGRAM_BITS) && worst > 0, "rounding: %g", worst);
	histogram_add_values(&h, v, COUNT);
	for (at = 0; histogram_next(&h, &at, &value, &times); before = value, total += times)
		wrong += value <= before;
	ok(wrong == 0 && total == COUNT, "all values are there, in order");
	histogram_clear(&h);
	for (int i = 0; i < 4096; i++)
		v[i] = 2047 - i;
	v[0] = -0.0;
	histogram_add_values(&h, v, 4096);
	for (at = 0, before = -2049; histogram_next(&h, &at, &value, &times); before = value)
		wrong += value != before + 1 || times != (value == 0 ? 2 : 1);
	ok(wrong == 0, "whole numbers below 2^%d are exact, and -0 is 0", HISTOGRAM_BITS);
	histogram_free(&h);
}

/* Every integer of two bytes or one, in order. */
static void
test_integers(void)
{
	static const enum dtype types[] = {DTYPE_U16, DTYPE_I16, DTYPE_U8, DTYPE_I8, DTYPE_BOOL};
	static unsigned char bytes[131072];
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct histogram h;
		size_t size = dtype_size(types[i]), count = (size_t)1 << 8 * size, at = 0;
		for (size_t k = 0; k < count; k++) {
			bytes[k * size] = k & 255;
			bytes[k * size + size - 1] = (unsigned char)(size == 1 ? k : k >> 8);
		}
		histogram_start(&h, true, NULL);
		histogram_add_integers(&h, types[i], bytes, count);
		histogram_add_integers(&h, types[i], bytes, 3);
		double value, before = -(double)INFINITY;
		uint64_t times, total = 0;
		for (; histogram_next(&h, &at, &value, &times); before = value, total += times) {
			if (value <= before)
				break;
		}
		ok(total == count + 3, "integers of %s", dtype_name(types[i]));
		ok(histogram_remove(&h, 0.5) == 0 && histogram_remove(&h, (double)NAN) == 0 &&
		        histogram_remove(&h, 1e30) == 0 && histogram_remove(&h, 1) > 0 &&
		        histogram_remove(&h, 1) == 0,
		    "one of them is removed");
		histogram_free(&h);
	}
}

static void
test_percentiles(void)
{
	static const double percents[] = {0, 25, 50, 90, 100}, wanted[] = {1, 2.5, 4, 8.2, 10};
	static const unsigned char bytes[] = {7, 1, 10, 4, 4, 2, 3};
	double got[5], one[5];
	struct histogram h;
	histogram_start(&h, true, NULL);
	histogram_add_integers(&h, DTYPE_U8, bytes, 1);
	histogram_percentiles(&h, 1, percents, 5, one);
	histogram_add_integers(&h, DTYPE_U8, bytes + 1, 6);
	histogram_percentiles(&h, 7, percents, 5, got);
	histogram_free(&h);
	/* As numpy has them: 90 is rank 5.4 of 1 2 3 4 4 7 10. */
	for (int i = 0; i < 5; i++)
		ok(fabs(got[i] - wanted[i]) < 1e-12 && fabs(one[i] - 7) <= 0, "percentile %g: %g",
		    percents[i], got[i]);
}

static void
test_nodata(void)
{
	struct nodata n;
	ok(nodata_parse("-9999.9", &n) && !n.whole && nodata_for(&n, DTYPE_F32) < -9999.9,
	    "the nearest float is meant");
	ok(nodata_parse("1e3", &n) && nodata_is64(&n, true, 1000), "1e3 is 1000");
	ok(nodata_parse("-1", &n) && nodata_is64(&n, true, UINT64_MAX) &&
	        !nodata_is64(&n, false, UINT64_MAX),
	    "-1 is not unsigned");
	ok(nodata_parse("18446744073709551615", &n) && nodata_is64(&n, false, UINT64_MAX) &&
	        !nodata_is64(&n, false, UINT64_MAX - 1) && !nodata_is64(&n, true, UINT64_MAX),
	    "the largest is not signed, and is not its neighbour");
	ok(nodata_parse("-9223372036854775808", &n) && nodata_is64(&n, true, UINT64_C(1) << 63),
	    "the lowest");
	ok(!nodata_parse(" 1", &n) && !nodata_parse("", &n) && !nodata_parse("1 ", &n),
	    "what is not a number");
}

/* Rows end at the limit, not where the system's memory ends. */
static void
test_limit(void)
{
	struct nodata none = {.set = false};
	struct dataset_stats d;
	struct error why = {.text = ""};
	char name[32];
	unsigned i = 0;
	dataset_stats_start(&d, 1 << 20, &none);
	do {
		snprintf(name, sizeof name, "n%u", i++);
		struct tensor one = {.name = name, .dtype = DTYPE_U8, .end = 1};
		if (dataset_stats_add(&d, &one, "x", &why) != 0)
			break;
	} while (i < 100000);
	ok(i > 50 && i < 64 && strstr(why.text, "raise it with -M"), "1 MiB: %u names: %s", i,
	    why.text);
	dataset_stats_free(&d);
}

int
main(void)
{
	test_many();
	test_offset();
	test_histogram();
	test_integers();
	test_percentiles();
	test_nodata();
	test_limit();
	return tap_done();
}
