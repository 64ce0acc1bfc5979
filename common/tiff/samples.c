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

/* 24-bit float (sign, 7 bits of exponent, 16 of mantissa) to binary32, as OpenEXR and Imagine
 * write it. */
static uint32_t
float24_to_32(uint32_t v)
{
	uint32_t sign = v >> 23 & 1, exponent = v >> 16 & 0x7f, mantissa = v & 0xffff;
	if (exponent == 0x7f)
		exponent = 0xff;
	else if (exponent != 0)
		exponent += 127 - 63;
	else if (mantissa != 0) {
		/* A subnormal becomes normal. */
		exponent = 127 - 63 + 1;
		while (!(mantissa & 0x10000)) {
			mantissa <<= 1;
			exponent--;
		}
		mantissa &= 0xffff;
	}
	return sign << 31 | exponent << 23 | mantissa << 7;
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
		} else if (im->conversion == CONVERT_FLOAT24) {
			const unsigned char *in = row + sample * 3;
			uint32_t v = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16;
			put_element(out + i * size, float24_to_32(v), size);
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
