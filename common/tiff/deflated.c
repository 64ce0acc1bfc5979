#include "tiff/decoder.h"

#include <stdio.h>
#include <string.h>

/* Inflates a block to `to` or, if it does not fit there, to memory->again; *at is where it is. */
static enum inflated
inflate_block(struct decoder *d, const unsigned char *from, size_t len, unsigned char *to,
    size_t room, size_t *got, unsigned char **at)
{
	enum { RATIO_MAX = 1032 };            /* of deflate: 258 bytes for 2 bits */
	enum { SPARE = 16, ROOM = 64 << 10 }; /* for what a strip holds too much */
	size_t used = len;
	*got = room;
	enum inflated result = inflater_run(d->inflater, INFLATE_ZLIB, from, &used, to, got);
	*at = to;
	if (result != INFLATED_MORE)
		return result;
	/* There are files whose last strip holds as many rows as the others do, or a strip more
	 * than the image has. With all of them inflated, the checksum proves those that count. A
	 * stream that is much longer is a bomb. */
	uint64_t rows = decoder_row_bytes(d->im) * d->im->stored_height;
	uint64_t most = (uint64_t)room * SPARE + ROOM;
	most = rows > most ? rows : most;
	most = most / RATIO_MAX > len ? (uint64_t)len * RATIO_MAX : most;
	struct buf *again = &d->memory[MEMORY_AGAIN];
	most = most > d->room + again->capacity ? d->room + again->capacity : most;
	if (most <= room || decoder_reserve(d, again, most, NULL) != 0)
		return INFLATED_MORE;
	*at = (unsigned char *)again->data;
	used = len;
	*got = (size_t)most;
	return inflater_run(d->inflater, INFLATE_ZLIB, from, &used, *at, got);
}

/* The bytes of a block with their bits the right way round. */
static const unsigned char *
straight_bytes(struct decoder *d, uint32_t index, size_t *len)
{
	const unsigned char *from = decoder_stored_bytes(d, index, len);
	if (!from || !d->im->reversed)
		return from;
	struct buf *bytes = &d->memory[MEMORY_BYTES];
	if (decoder_reserve(d, bytes, *len, NULL) != 0)
		return NULL;
	buf_add(bytes, from, *len);
	TIFFReverseBits((uint8_t *)bytes->data, (tmsize_t)*len);
	return (unsigned char *)bytes->data;
}

int
deflated_read(struct decoder *d, uint32_t index, unsigned char *to, size_t size, size_t room,
    bool *spare, struct error *why)
{
	size_t len, got = 0;
	unsigned char *at;
	char what[80];
	const unsigned char *from = straight_bytes(d, index, &len);
	if (!from)
		return decoder_damaged(d, index, "not within the file", why);
	enum inflated result = inflate_block(d, from, len, to, room, &got, &at);
	if (result == INFLATED_MORE)
		return decoder_damaged(d, index, "deflate: contains more than its rows", why);
	if (result == INFLATED_BAD)
		return decoder_damaged(
		    d, index, "deflate: truncated, or does not match its checksum (Adler-32)", why);
	if (got < size) {
		snprintf(what, sizeof what, "deflate: contains %zu of %zu bytes", got, size);
		return decoder_damaged(d, index, what, why);
	}
	/* The rows of a tile that the image has not are there in any case. */
	*spare = at != to || (!d->im->tiled && got > size);
	if (at != to)
		memcpy(to, at, size);
	return 0;
}

/* ---- predictors ---- */

bool
deflated_is_known(const struct image *im)
{
	unsigned bits = im->bits;
	if (!image_is_deflated(im))
		return false;
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
undo_floating(unsigned char *row, size_t len, unsigned bits, size_t step, void *memory)
{
	size_t size = bits / 8, n = len / size;
	unsigned char *copy = memory;
	for (size_t i = step; i < len; i++)
		row[i] = (unsigned char)(row[i] + row[i - step]);
	memcpy(copy, row, len);
	for (size_t byte = 0; byte < size; byte++) {
		size_t at = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? size - 1 - byte : byte;
		for (size_t i = 0; i < n; i++)
			row[i * size + at] = copy[byte * n + i];
	}
}

int
deflated_undo_predictor(struct decoder *d, unsigned char *rows, size_t size, struct error *why)
{
	const struct image *im = d->im;
	struct buf *copy = &d->memory[MEMORY_BYTES];
	size_t row = (size_t)decoder_row_bytes(im), step = im->separate ? 1 : im->samples;
	bool floating = im->predictor == PREDICTOR_FLOATINGPOINT;
	if (floating && decoder_reserve(d, copy, row, why) != 0)
		return DECODE_FAILED;
	/* libtiff knows that a complex number is two, but not when it undoes a predictor. */
	bool two = im->dtype == DTYPE_C64 && im->conversion != CONVERT_COMPLEX_HALF &&
	           im->predictor == PREDICTOR_NONE;
	if (im->swapped && !floating)
		swap(rows, size, two ? im->bits / 2u : im->bits);
	for (size_t at = 0; at < size && im->predictor != PREDICTOR_NONE; at += row) {
		if (floating)
			undo_floating(rows + at, row, im->bits, step, copy->data);
		else
			undo_horizontal(rows + at, row, im->bits, step);
	}
	return 0;
}
