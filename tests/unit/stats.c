/* Statistics: many values, at large offsets; percentiles. */

#include "tensor/stats.h"

#include "../free.h"
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

/* Percentiles as numpy has them: 90 is rank 5.4 of 1 2 3 4 4 7 10. */
static void
test_percentiles(void)
{
	static const unsigned char bytes[] = {7, 1, 10, 4, 4, 2, 3};
	static const char *const wanted[] = {"1.06", "1.12", "4", "9.64", "9.82"};
	struct stats s;
	char text[STATS_FIELDS][DECIMAL_SIZE];
	stats_start(&s, DTYPE_U8, true, (double)NAN, NULL);
	stats_add(&s, bytes, sizeof bytes);
	stats_text(&s, text);
	stats_free(&s);
	for (int i = 0; i < 5; i++)
		ok(fabs(strtod(text[STATS_P1 + i], NULL) - strtod(wanted[i], NULL)) < 1e-12,
		    "percentile %s: %s", stats_names[STATS_P1 + i], text[STATS_P1 + i]);
}

/* Every integer of 16 bits, and one twice: the histogram counts them all. */
static void
test_integers(void)
{
	static int16_t v[65537];
	struct stats s;
	char text[STATS_FIELDS][DECIMAL_SIZE];
	for (int i = 0; i < 65536; i++)
		v[i] = (int16_t)(i - 32768);
	v[65536] = 7;
	stats_start(&s, DTYPE_I16, true, 7, NULL);
	stats_add(&s, v, sizeof v);
	stats_text(&s, text);
	stats_free(&s);
	ok(strcmp(text[STATS_COUNT], "65537") == 0 && strcmp(text[STATS_NODATA], "2") == 0 &&
	        strcmp(text[STATS_MIN], "-32768") == 0 && strcmp(text[STATS_MAX], "32767") == 0,
	    "integers: %s %s %s %s", text[STATS_COUNT], text[STATS_NODATA], text[STATS_MIN],
	    text[STATS_MAX]);
}

/* Values of all sizes and both signs: percentiles are rounded no further than promised. */
static void
test_rounding(void)
{
	double worst = 0;
	uint64_t state = 1;
	for (int i = 0; i < 2000; i++) {
		struct stats s;
		char text[STATS_FIELDS][DECIMAL_SIZE];
		state = state * 6364136223846793005u + 1442695040888963407u;
		double v = ldexp((double)(state >> 12), (int)(state & 63) - 80);
		double three[] = {-1e300, state & 64 ? v : -v, 1e300};
		stats_start(&s, DTYPE_F64, true, (double)NAN, NULL);
		stats_add(&s, three, sizeof three);
		stats_text(&s, text);
		stats_free(&s);
		worst = fmax(worst, fabs(strtod(text[STATS_P1 + 2], NULL) / three[1] - 1));
	}
	ok(worst <= ldexp(1, -12) && worst > 0, "rounding: %g", worst);
}

int
main(void)
{
	test_offset();
	test_percentiles();
	test_integers();
	test_rounding();
	return tap_done();
}
