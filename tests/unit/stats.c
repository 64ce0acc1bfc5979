/* Statistics: many values, at large offsets; histograms and their order. */

#include "tensor/stats.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Blocks of values from -0.5 to 0.5 with an offset of which doubles hold few more digits. */
static void
test_offset(void)
{
	static const double offsets[] = {0, 1e9, 1e12, -1e12};
	enum { COUNT = 64000 };
	static double v[COUNT];
	for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
		struct stats s;
		char text[STATS_FIELDS][DECIMAL_SIZE];
		uint64_t state = 1;
		long double sum = 0, squares = 0;
		for (int i = 0; i < COUNT; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			v[i] = offsets[o] + (double)(state >> 40) * 0x1p-24 - 0.5;
			sum += (long double)(v[i] - offsets[o]);
		}
		long double mean = sum / COUNT;
		for (int i = 0; i < COUNT; i++) {
			long double d = v[i] - offsets[o] - mean;
			squares += d * d;
		}
		/* doubles are stored as tensors have them, on machines that are little-endian */
		stats_start(&s, DTYPE_F64, false, (double)NAN, NULL);
		for (int i = 0; i < 100; i++)
			stats_add(&s, v, sizeof v);
		stats_text(&s, text);
		stats_free(&s);
		double std = (double)sqrtl(squares / COUNT), got = strtod(text[STATS_STD], NULL);
		double apart = strtod(text[STATS_MEAN], NULL) - (double)(offsets[o] + mean);
		ok(fabs(got / std - 1) < 1e-10 && fabs(apart) <= 2e-16 * fabs(offsets[o]) + 1e-15,
		    "offset %g: %s, %.17g; mean off by %g", offsets[o], text[STATS_STD], std,
		    apart);
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
		histogram_add(&h, &v[i], 1);
		at = 0;
		wrong += !histogram_next(&h, &at, &value, &times) || times != 1;
		worst = fmax(worst, fabs(value / v[i] - 1));
		histogram_free(&h);
		histogram_start(&h, false, NULL);
	}
	ok(wrong == 0 && worst <= ldexp(1, -HISTOGRAM_BITS) && worst > 0, "rounding: %g", worst);
	histogram_add(&h, v, COUNT);
	for (at = 0; histogram_next(&h, &at, &value, &times); before = value, total += times)
		wrong += value <= before;
	ok(wrong == 0 && total == COUNT, "all values are there, in order");
	histogram_free(&h);
	histogram_start(&h, false, NULL);
	for (int i = 0; i < 4096; i++)
		v[i] = 2047 - i;
	v[0] = -0.0;
	histogram_add(&h, v, 4096);
	for (at = 0, before = -2049; histogram_next(&h, &at, &value, &times); before = value)
		wrong += value != before + 1 || times != (value == 0 ? 2 : 1);
	ok(wrong == 0, "whole numbers below 2^%d are exact, and -0 is 0", HISTOGRAM_BITS);
	histogram_free(&h);
}

/* Every integer of 16 bits, signed or not, in order. */
static void
test_integers(void)
{
	struct histogram h;
	double value, before = -(double)INFINITY;
	uint64_t times, total = 0;
	size_t at = 0;
	histogram_start(&h, true, NULL);
	for (int i = -32768; i < 65536; i++) {
		double v[] = {i, i};
		histogram_add(&h, v, 1 + (i == 7));
	}
	for (; histogram_next(&h, &at, &value, &times); before = value, total += times) {
		if (value <= before || times != (value == 7 ? 2 : 1))
			break;
	}
	ok(total == 98305 && before == 65535, "integers are counted exactly");
	ok(histogram_remove(&h, 0.5) == 0 && histogram_remove(&h, (double)NAN) == 0 &&
	        histogram_remove(&h, 1e30) == 0 && histogram_remove(&h, 7) == 2 &&
	        histogram_remove(&h, 7) == 0,
	    "one of them is removed");
	histogram_free(&h);
}

static void
test_percentiles(void)
{
	static const double percents[] = {0, 25, 50, 90, 100}, wanted[] = {1, 2.5, 4, 8.2, 10};
	static const double values[] = {7, 1, 10, 4, 4, 2, 3};
	double got[5], one[5];
	struct histogram h;
	histogram_start(&h, true, NULL);
	histogram_add(&h, values, 1);
	histogram_percentiles(&h, 1, percents, 5, one);
	histogram_add(&h, values + 1, 6);
	histogram_percentiles(&h, 7, percents, 5, got);
	histogram_free(&h);
	/* As numpy has them: 90 is rank 5.4 of 1 2 3 4 4 7 10. */
	for (int i = 0; i < 5; i++)
		ok(fabs(got[i] - wanted[i]) < 1e-12 && fabs(one[i] - 7) <= 0, "percentile %g: %g",
		    percents[i], got[i]);
}

int
main(void)
{
	test_offset();
	test_histogram();
	test_integers();
	test_percentiles();
	return tap_done();
}
