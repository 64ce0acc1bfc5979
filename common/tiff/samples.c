#include "tiff/samples.h"

#include <string.h>

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

static void
put_element(unsigned char *out, uint32_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(value >> (8 * i) & 0xff);
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
			uint16_t in[2];
			memcpy(in, row + sample * sizeof in, sizeof in);
			put_element(out + i * size, widen_float(in[0], 5, 10), size / 2);
			put_element(out + i * size + size / 2, widen_float(in[1], 5, 10), size / 2);
		} else if (im->conversion == CONVERT_FLOAT24) {
			const unsigned char *in = row + sample * 3;
			uint32_t v = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16;
			put_element(out + i * size, widen_float(v, 7, 16), size);
		} else {
			uint32_t v = take_bits(row, sample * im->bits, im->bits);
			put_element(out + i * size, v, size);
		}
	}
}

void
samples_fill(void *to, const void *value, size_t size, size_t count)
{
	unsigned char *out = to;
	for (size_t i = 0; i < count; i++)
		memcpy(out + i * size, value, size);
}
