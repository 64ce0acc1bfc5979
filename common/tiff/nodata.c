#include "tiff/samples.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The number at the start of text as GDAL's CPLAtofM takes it, since it decides what a user's
 * pixels are: a comma is a decimal point too, a hexadecimal number ends at its x, and a negative
 * NaN is not a number. 0 if there is none. */
static double
parse_double(const char *text)
{
	/* As Microsoft's C library printed what is not finite. */
	static const struct {
		const char *text;
		double value;
	} forms[] = {{"1.#INF", INFINITY}, {"-1.#INF", -INFINITY}, {"1.#QNAN", NAN},
	    {"1.#SNAN", NAN}, {"-1.#QNAN", NAN}, {"-1.#IND", NAN}};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (strncasecmp(text, forms[i].text, strlen(forms[i].text)) == 0)
			return forms[i].value;
	}
	char copy[128];
	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = strchr(copy, ','); p; p = strchr(p, ','))
		*p = '.';
	char *x = strpbrk(copy, "xX");
	if (x && x > copy && x[-1] == '0')
		*x = '\0';
	double number = strtod(copy, NULL);
	return isnan(number) && signbit(number) ? 0 : number;
}

/* To binary16, half to even. Beyond 65504 is infinite, though rounding might not be: as GDAL has
 * it. */
static uint16_t
to_half(double x)
{
	uint16_t sign = signbit(x) ? 0x8000 : 0;
	if (isnan(x))
		return 0x7e00;
	if (fabs(x) > 65504)
		return sign | 0x7c00;
	if (x == 0)
		return sign;
	int exponent;
	frexp(x, &exponent); /* |x| < 2^exponent */
	/* Normal halves have 11 bits and exponents of -13..16 here; subnormals are n x 2^-24. */
	int unit = exponent - 11 < -24 ? -24 : exponent - 11;
	/* The unit is a power of two that 2^11 of make x: no bit is lost before this rounds. What
	 * is rounded up to 2^11 carries into the exponent, as the layout wants. */
	uint16_t n = (uint16_t)rint(ldexp(fabs(x), -unit));
	return (uint16_t)(sign | (n < 0x400 ? n : ((unit + 24) << 10) + n));
}

/* Integer types of up to 32 bits: rounded and clamped. */
static int64_t
to_integer(double x, enum dtype dtype)
{
	bool has_sign = dtype_kind(dtype) == 'i';
	int64_t max = (INT64_C(1) << (dtype_bits(dtype) - has_sign)) - 1;
	int64_t min = has_sign ? -max - 1 : 0;
	if (isnan(x))
		return 0;
	if (x <= (double)min)
		return min;
	if (x >= (double)max)
		return max;
	return (int64_t)(x < 0 ? ceil(x - 0.5) : floor(x + 0.5));
}

void
nodata_element(const struct image *im, unsigned char element[8])
{
	const char *text = im->nodata;
	memset(element, 0, 8);
	if (!text || (im->bits == 64 && im->format == SAMPLEFORMAT_VOID))
		return;
	double x = parse_double(text);
	float f = (float)x;
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
		if (im->conversion == CONVERT_COMPLEX_INT)
			f = (float)to_integer(x, DTYPE_I16);
		memcpy(element, &f, sizeof f);
	} else if (im->dtype == DTYPE_F16) {
		uint16_t half = to_half(x);
		memcpy(element, &half, sizeof half);
	} else {
		samples_put(element, (uint32_t)to_integer(x, im->dtype), dtype_size(im->dtype));
	}
}
