#include "tiff/nodata.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number at the start of text; a comma is a decimal point too. 0 if there is none. */
static double
parse_double(const char *text)
{
	/* As Microsoft's C library printed what is not finite. */
	static const struct {
		const char *text;
		double value;
	} forms[] = {{"1.#INF", INFINITY}, {"-1.#INF", -INFINITY}, {"1.#QNAN", NAN},
	    {"-1.#QNAN", NAN}, {"1.#IND", NAN}, {"-1.#IND", NAN}};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (strncmp(text, forms[i].text, strlen(forms[i].text)) == 0)
			return forms[i].value;
	}
	char copy[128];
	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = strchr(copy, ','); p; p = strchr(p, ','))
		*p = '.';
	double x = strtod(copy, NULL);
	return isnan(x) ? copysign(NAN, x) : x;
}

/* Integer types of up to 32 bits: rounded and clamped. */
static int64_t
round_clamp(double x, int64_t min, int64_t max)
{
	if (isnan(x))
		return 0;
	if (x <= (double)min)
		return min;
	if (x >= (double)max)
		return max;
	return (int64_t)(x < 0 ? ceil(x - 0.5) : floor(x + 0.5));
}

/* binary32 to binary16 where that is exact; *exact tells. NaN keeps its sign. */
static uint16_t
float_to_half(float f, bool *exact)
{
	uint32_t v;
	memcpy(&v, &f, sizeof v);
	uint16_t sign = (uint16_t)(v >> 16 & 0x8000);
	*exact = true;
	if (isnan(f))
		return sign | 0x7e00;
	if (isinf(f))
		return sign | 0x7c00;
	if (f == 0)
		return sign;
	int exponent;
	double mantissa = frexp(fabs((double)f), &exponent); /* f = mantissa x 2^exponent */
	/* Normal halves have 11 bits and exponents of -13..16 here; subnormals are n x 2^-24. */
	int unit = exponent - 11 < -24 ? -24 : exponent - 11;
	double units = ldexp(mantissa, exponent - unit);
	*exact = exponent <= 16 && units == floor(units);
	if (!*exact)
		return 0;
	uint16_t n = (uint16_t)units;
	return (uint16_t)(sign | (n < 0x400 ? n : ((unit + 25) << 10 | (n & 0x3ff))));
}

/* Integer dtypes of up to 32 bits. Signed bytes are clamped as unsigned ones, unless they hold the
 * value as it is. */
static int64_t
to_integer(double x, enum dtype dtype)
{
	static const struct {
		enum dtype dtype;
		int64_t min, max;
	} ranges[] = {{DTYPE_U8, 0, UINT8_MAX}, {DTYPE_I8, 0, UINT8_MAX},
	    {DTYPE_U16, 0, UINT16_MAX}, {DTYPE_I16, INT16_MIN, INT16_MAX},
	    {DTYPE_U32, 0, UINT32_MAX}, {DTYPE_I32, INT32_MIN, INT32_MAX}};
	if (dtype == DTYPE_I8 && x >= INT8_MIN && x < 0 && x == floor(x))
		return (int64_t)x;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (ranges[i].dtype == dtype)
			return round_clamp(x, ranges[i].min, ranges[i].max);
	}
	return 0;
}

/* A part of a complex number: beyond the range is infinite, though rounding might not be. */
static float
to_complex_part(double x)
{
	return x > FLT_MAX ? INFINITY : x < -FLT_MAX ? -INFINITY : (float)x;
}

int
nodata_element(const struct image *im, unsigned char element[8], struct error *why)
{
	const char *text = im->nodata;
	memset(element, 0, 8);
	if (!text || (im->bits == 64 && im->format == SAMPLEFORMAT_VOID))
		return 0;
	double x = parse_double(text);
	float f = (float)x;
	bool exact;
	if (im->dtype == DTYPE_I64) {
		int64_t n = strtoll(text, NULL, 10);
		memcpy(element, &n, sizeof n);
	} else if (im->dtype == DTYPE_U64) {
		uint64_t n = strtoull(text, NULL, 10);
		memcpy(element, &n, sizeof n);
	} else if (im->dtype == DTYPE_F64) {
		memcpy(element, &x, sizeof x);
	} else if (im->dtype == DTYPE_F32) {
		memcpy(element, &f, sizeof f);
	} else if (im->dtype == DTYPE_C64) {
		f = im->conversion == CONVERT_COMPLEX_INT ? (float)to_integer(x, DTYPE_I16)
		                                          : to_complex_part(x);
		memcpy(element, &f, sizeof f);
	} else if (im->dtype == DTYPE_F16) {
		uint16_t half = float_to_half(f, &exact);
		if (!exact)
			return error_set(
			    why, "its nodata value '%.40s' does not fit a half float", text);
		memcpy(element, &half, sizeof half);
	} else {
		int64_t n = to_integer(x, im->dtype);
		memcpy(element, &n, dtype_size(im->dtype));
	}
	return 0;
}
