/* Levels against sorting, elements and decimals, and sheets that are too large to write. */

#include "base/number.h"
#include "tensor/elements.h"
#include "view/sheet.h"

#include "tap.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 5000 };

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* Value i of a series: evenly spread, with values far away, nearly all alike, alike. */
static double
value(int series, size_t i, size_t count)
{
	static uint64_t state = 1;
	state = state * 6364136223846793005u + 1442695040888963407u;
	double even = (double)(state >> 40) / 1e5;
	switch (series) {
	case 0:
		return even;
	case 1:
		return i % 100 == 0 ? 1e30 : i % 100 == 1 ? -1e300 : even;
	case 2:
		return 1e9 + even;
	case 3:
		return i == 0 ? 8 : 7;
	default:
		return (double)(i < count / 2 ? 0 : 1) * 0x1p-1060;
	}
}

/* Levels of values against those of sorted values. */
static void
test_levels(void)
{
	static const double percents[][2] = {{0, 100}, {2, 98}, {0.5, 99}, {50, 60}};
	static double v[COUNT], sorted[COUNT];
	static struct picture_scratch scratch;
	struct band_combination c = {.channels = 1,
	    .band = {{.dtype = DTYPE_F64, .data = (const char *)v, .width = COUNT, .height = 1}}};
	for (int series = 0; series < 5; series++) {
		for (size_t i = 0; i < COUNT; i++)
			sorted[i] = v[i] = value(series, i, COUNT);
		qsort(sorted, COUNT, sizeof *sorted, compare);
		for (size_t p = 0; p < sizeof percents / sizeof *percents; p++) {
			double range[2];
			int worst = 0;
			for (int k = 0; k < 2; k++) {
				double at = percents[p][k] / 100 * (COUNT - 1);
				size_t rank = (size_t)at, next = rank + 1 < COUNT ? rank + 1 : rank;
				range[k] = sorted[rank] +
				           (sorted[next] - sorted[rank]) * (at - (double)rank);
			}
			if (range[0] == range[1]) {
				range[0] = sorted[0];
				range[1] = sorted[COUNT - 1];
			}
			struct stretch stretch = {.low = percents[p][0], .high = percents[p][1]};
			struct picture picture;
			struct error why;
			if (picture_draw(&c, &stretch, 1 << 20, &scratch, &picture, &why) != 0)
				exit(1);
			for (size_t i = 0; i < COUNT; i++) {
				double t = (v[i] - range[0]) / (range[1] - range[0]) * 255;
				int wanted = (int)fmin(fmax(floor(t + 0.5), 0), 255);
				int off = abs(picture.pixels[i] - wanted);
				worst = off > worst ? off : worst;
			}
			free(picture.pixels);
			ok(worst <= 1, "levels of series %d from %g to %g: off by %d", series,
			    percents[p][0], percents[p][1], worst);
		}
	}
	buf_free(&scratch.memory);
}

static const struct {
	double value;
	const char *as_double, *as_float;
} decimals[] = {
    {0, "0", "0"},
    {-0.0, "0", "0"},
    {3000000, "3000000", "3000000"},
    {-1.5, "-1.5", "-1.5"},
    {0.1, "0.1", NULL},
    {0x1.99999ap-4, /* 0.1f */
        "0.10000000149011612", "0.1"},
    {1e15, "1e+15", NULL},
    {999999999999999, "999999999999999", NULL},
    {1.0 / 3, "0.3333333333333333", NULL},
    {5592405.5, "5592405.5", "5592405.5"},
    {5e-324, "4.94065645841247e-324", NULL},
    {(double)INFINITY, "inf", "inf"},
    {-(double)INFINITY, "-inf", "-inf"},
    {-(double)NAN, "nan", "nan"},
};

static void
test_decimals(void)
{
	for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++) {
		char text[DECIMAL_SIZE];
		decimal_text(text, decimals[i].value, DECIMAL_DOUBLE);
		if (decimals[i].as_double)
			ok(strcmp(text, decimals[i].as_double) == 0, "double %s: %s",
			    decimals[i].as_double, text);
		decimal_text(text, decimals[i].value, DECIMAL_FLOAT);
		if (decimals[i].as_float)
			ok(strcmp(text, decimals[i].as_float) == 0, "float %s: %s",
			    decimals[i].as_float, text);
	}
}

/* Every F16 against its definition. */
static void
test_small_floats(void)
{
	int wrong = 0;
	for (unsigned bits = 0; bits < 65536; bits++) {
		unsigned char bytes[2] = {bits & 255, (unsigned char)(bits >> 8)};
		double v, exponent = (bits >> 10) & 31, fraction = (bits & 1023) / 1024.0;
		double wanted = exponent > 0 ? (1 + fraction) * pow(2, exponent - 15)
		                             : fraction * pow(2, -14);
		elements_read(DTYPE_F16, bytes, 0, 1, &v);
		if (exponent > 30)
			wrong += fraction > 0 ? !isnan(v) : !isinf(v);
		else
			wrong += fabs(v - (bits & 0x8000 ? -wanted : wanted)) > 0;
	}
	ok(wrong == 0, "all F16");
}

/* Only sizes are looked at before a sheet is refused. */
static void
test_sheet_limits(void)
{
	static const struct {
		size_t width, height, count, columns, zoom;
	} sheets[] = {
	    {30000000, 1, 1, 0, 100},
	    {1, 30000000, 1, 0, 100},
	    {(size_t)1 << 31, 1, 1, 0, 1},
	    {1000000, 1, 100, 100, 50},
	    {1, 1000000, 100, 1, 50},
	};
	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++) {
		struct sheet s = {.count = 0};
		struct sheet_format f = {.columns = sheets[i].columns, .zoom = sheets[i].zoom};
		struct error why = {.text = ""};
		struct picture one = {
		    .width = sheets[i].width, .height = sheets[i].height, .channels = 1};
		for (size_t k = 0; k < sheets[i].count; k++)
			sheet_add(&s, &one);
		ok(sheet_write(&s, &f, 1, &why) != 0 &&
		        strstr(why.text, "more than 2147483647 pixels"),
		    "a sheet of %zu pictures of %zu x %zu, zoomed by %zu: %s", sheets[i].count,
		    sheets[i].width, sheets[i].height, sheets[i].zoom, why.text);
		free(s.pictures);
	}
}

int
main(void)
{
	test_levels();
	test_decimals();
	test_small_floats();
	test_sheet_limits();
	return tap_done();
}
