#include "tiff/predictor.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

bool
predictor_known(const struct image *im)
{
	unsigned bits = im->bits;
	if (im->predictor == PREDICTOR_HORIZONTAL)
		return bits == 8 || bits == 16 || bits == 32 || bits == 64;
	if (im->predictor == PREDICTOR_FLOATINGPOINT)
		return im->format == SAMPLEFORMAT_IEEEFP &&
		       (bits == 16 || bits == 24 || bits == 32 || bits == 64);
	return im->predictor == PREDICTOR_NONE;
}

/* Samples of a file of the other byte order; narrow and odd ones have none. */
static void
swap(unsigned char *bytes, size_t len, unsigned bits)
{
	if (bits == 16)
		TIFFSwabArrayOfShort((uint16_t *)(void *)bytes, (tmsize_t)(len / 2));
	else if (bits == 24)
		TIFFSwabArrayOfTriples(bytes, (tmsize_t)(len / 3));
	else if (bits == 32)
		TIFFSwabArrayOfLong((uint32_t *)(void *)bytes, (tmsize_t)(len / 4));
	else if (bits == 64)
		TIFFSwabArrayOfLong8((uint64_t *)(void *)bytes, (tmsize_t)(len / 8));
}

/* Each sample is stored as what it is more than the one of its band before it. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type */
#define ACCUMULATE(type)                                   \
	do {                                               \
		type *s = (type *)(void *)row;             \
		size_t n = len / sizeof *s;                \
		for (size_t i = step; i < n; i++)          \
			s[i] = (type)(s[i] + s[i - step]); \
	} while (0)
/* NOLINTEND(bugprone-macro-parentheses) */

static void
undo_horizontal(unsigned char *row, size_t len, unsigned bits, size_t step)
{
	if (bits == 8)
		ACCUMULATE(uint8_t);
	else if (bits == 16)
		ACCUMULATE(uint16_t);
	else if (bits == 32)
		ACCUMULATE(uint32_t);
	else
		ACCUMULATE(uint64_t);
}

/* The bytes of a row lie sorted by their weight, the highest first, whatever the order of the file,
 * and each is stored as what it is more than the one before it. */
static void
undo_floating(unsigned char *row, size_t len, unsigned bits, size_t step, unsigned char *copy)
{
	size_t size = bits / 8, n = len / size;
	for (size_t i = step; i < len; i++)
		row[i] = (unsigned char)(row[i] + row[i - step]);
	memcpy(copy, row, len);
	for (size_t byte = 0; byte < size; byte++) {
		size_t at = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? size - 1 - byte : byte;
		for (size_t i = 0; i < n; i++)
			row[i * size + at] = copy[byte * n + i];
	}
}

void
predictor_undo(
    const struct image *im, unsigned char *rows, size_t count, size_t row_bytes, void *row)
{
	size_t step = im->separate ? 1 : im->samples;
	if (im->predictor == PREDICTOR_FLOATINGPOINT) {
		for (size_t i = 0; i < count; i++)
			undo_floating(rows + i * row_bytes, row_bytes, im->bits, step, row);
		return;
	}
	/* libtiff knows that a complex number is two, but not when it undoes a predictor. */
	bool two = im->dtype == DTYPE_C64 && im->conversion != CONVERT_COMPLEX_HALF &&
	           im->predictor == PREDICTOR_NONE;
	if (im->swapped)
		swap(rows, count * row_bytes, two ? im->bits / 2u : im->bits);
	for (size_t i = 0; i < count && im->predictor == PREDICTOR_HORIZONTAL; i++)
		undo_horizontal(rows + i * row_bytes, row_bytes, im->bits, step);
}
