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
