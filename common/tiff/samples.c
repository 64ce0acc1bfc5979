#include "tiff/samples.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MACHINE_IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* memcpy of a constant size becomes one load and one store. */
#define COPY_EVERY(type)                   \
	for (size_t i = 0; i < count; i++) \
	memcpy(out + i * sizeof(type), in + i * step * sizeof(type), sizeof(type))

static void
copy_every(unsigned char *out, const unsigned char *in, size_t step, size_t count, size_t size)
{
	if (step == 1)
		memcpy(out, in, count * size);
	else if (size == 1)
		COPY_EVERY(uint8_t);
	else if (size == 2)
		COPY_EVERY(uint16_t);
	else if (size == 4)
		COPY_EVERY(uint32_t);
	else
		COPY_EVERY(uint64_t);
}

/* The `bits` bits that start at bit `at` of row, the most significant first. */
static uint32_t
take_bits(const unsigned char *row, uint64_t at, unsigned bits)
{
	uint64_t value = 0;
	uint64_t last = (at + bits - 1) / 8;
	for (uint64_t byte = at / 8; byte <= last; byte++)
		value = value << 8 | row[byte];
	value >>= 8 * (last + 1) - (at + bits);
	return (uint32_t)(value & ((UINT64_C(1) << bits) - 1));
}

/* The low 1, 2 or 4 bytes of a number as an element. */
static void
samples_put(void *to, uint32_t value, size_t size)
{
	uint8_t byte = (uint8_t)value;
	uint16_t half = (uint16_t)value;
	memcpy(to, size == 1 ? (void *)&byte : size == 2 ? (void *)&half : (void *)&value, size);
}

/* Three bytes, which libtiff has put into the machine's order as a number, and which GDAL takes for
 * bits as they lie if it is an integer: on a little-endian machine, that is, and so everywhere. */
static uint32_t
take_triple(const unsigned char *in, bool lowest_first)
{
	uint32_t first = in[0], middle = in[1], last = in[2];
	return lowest_first ? first | middle << 8 | last << 16 : first << 16 | middle << 8 | last;
}

/* A float of fewer bits than binary32, in its layout (sign, exponent, mantissa), to binary32, which
 * holds them all: 7 and 16 bits are OpenEXR's and Imagine's 24-bit floats, 5 and 10 binary16. */
static uint32_t
widen_float(uint32_t v, unsigned exponent_bits, unsigned mantissa_bits)
{
	uint32_t top = (1u << exponent_bits) - 1, rebias = 127 - top / 2;
	uint32_t sign = v >> (exponent_bits + mantissa_bits) & 1;
	uint32_t exponent = v >> mantissa_bits & top, mantissa = v & ((1u << mantissa_bits) - 1);
	if (exponent == top)
		exponent = 0xff;
	else if (exponent != 0)
		exponent += rebias;
	else if (mantissa != 0) {
		/* A subnormal becomes normal. */
		exponent = rebias + 1;
		while (!(mantissa >> mantissa_bits)) {
			mantissa <<= 1;
			exponent--;
		}
		mantissa &= (1u << mantissa_bits) - 1;
	}
	return sign << 31 | exponent << 23 | mantissa << (23 - mantissa_bits);
}

void
samples_copy(void *to, const unsigned char *row, size_t first, size_t step, size_t count,
    const struct image *im)
{
	unsigned char *out = to;
	size_t size = dtype_size(im->dtype);
	if (im->conversion == CONVERT_NONE) {
		copy_every(out, row + first * size, step, count, size);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t sample = first + i * step;
		if (im->conversion == CONVERT_COMPLEX_INT) {
			int16_t in[2];
			memcpy(in, row + sample * sizeof in, sizeof in);
			float complex[2] = {in[0], in[1]};
			memcpy(out + i * sizeof complex, complex, sizeof complex);
		} else if (im->conversion == CONVERT_COMPLEX_HALF) {
			/* libtiff takes both halves for one number, of which the lower is the
			 * first. */
			uint32_t in;
			memcpy(&in, row + sample * sizeof in, sizeof in);
			samples_put(out + i * size, widen_float(in & 0xffff, 5, 10), size / 2);
			samples_put(
			    out + i * size + size / 2, widen_float(in >> 16, 5, 10), size / 2);
		} else if (im->conversion == CONVERT_FLOAT24) {
			uint32_t v = take_triple(row + sample * 3, MACHINE_IS_LITTLE);
			samples_put(out + i * size, widen_float(v, 7, 16), size);
		} else {
			uint32_t v = im->bits == 24 && !MACHINE_IS_LITTLE
			                 ? take_triple(row + sample * 3, true)
			                 : take_bits(row, sample * im->bits, im->bits);
			samples_put(out + i * size, v, size);
		}
	}
}

void
samples_to_le(void *band, size_t count, enum dtype dtype)
{
	/* A complex number is two. */
	size_t size = dtype == DTYPE_C64 ? 4 : dtype_size(dtype);
	unsigned char *p = band;
	size_t end = MACHINE_IS_LITTLE || size == 1 ? 0 : count * dtype_size(dtype);
	for (size_t at = 0; at < end; at += size) {
		for (size_t i = 0; i < size / 2; i++) {
			unsigned char byte = p[at + i];
			p[at + i] = p[at + size - 1 - i];
			p[at + size - 1 - i] = byte;
		}
	}
}

/* ---- nodata ---- */

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
