#include "tiff/decoder.h"

#include <inttypes.h>

void
decoder_start(struct decoder *d, struct tiff_memory *memory, uint64_t most)
{
	uint64_t held = memory->block.capacity + memory->again.capacity + memory->bytes.capacity;
	/* Buffers of a larger file, perhaps of another patch that had fewer. */
	if (held > most) {
		tiff_memory_free(memory);
		held = 0;
	}
	d->memory = memory;
	d->room = most - held;
}

int
decoder_reserve(struct decoder *d, struct buf *b, uint64_t size, struct error *why)
{
	uint64_t more = size > b->capacity ? size - b->capacity : 0;
	b->len = 0;
	if (more > d->room)
		return error_memory(why,
		    "%ss of %" PRIu64 " bytes take more memory than is allowed",
		    decoder_block_name(d), size);
	size_t before = b->capacity;
	if (more > 0)
		buf_free(b); /* whatever it held is not wanted */
	if (buf_try_reserve(b, (size_t)size) != 0)
		return error_set(why, "out of memory");
	d->room -= b->capacity - before;
	return 0;
}

void
tiff_memory_free(struct tiff_memory *m)
{
	buf_free(&m->block);
	buf_free(&m->again);
	buf_free(&m->bytes);
}

const char *
decoder_block_name(const struct decoder *d)
{
	return d->im->tiled ? "tile" : "strip";
}

uint64_t
decoder_row_bytes(const struct image *im)
{
	uint64_t samples = (uint64_t)im->block_width *
	                   (im->separate ? 1u : im->samples); /* < 2^48 */
	return (samples * im->bits + 7) / 8;
}

const unsigned char *
decoder_stored_bytes(const struct decoder *d, uint32_t index, size_t *len)
{
	uint64_t size = TIFFGetStrileByteCount(d->tif, index);
	uint64_t offset = TIFFGetStrileOffset(d->tif, index);
	*len = (size_t)size;
	return offset <= d->len && size <= d->len - offset ? d->bytes + offset : NULL;
}

int
decoder_damaged(const struct decoder *d, uint32_t index, const char *what, struct error *why)
{
	error_set(why, "%s %" PRIu32 " is damaged: %s", decoder_block_name(d), index, what);
	return DECODE_DAMAGED;
}

int
decoder_failed(const struct decoder *d, uint32_t index, struct error *why)
{
	/* Some decoders warn, and then fail without another word. */
	const char *said = *d->damage.error.text ? d->damage.error.text : d->damage.what.text;
	return error_set(why, "pixels cannot be read: libtiff: %s (%s %" PRIu32 ")",
	    *said ? said : "no reason given", decoder_block_name(d), index);
}

int
decoder_allow(struct decoder *d, int status, struct error *why)
{
	if (status != DECODE_DAMAGED || !d->keep)
		return status;
	if (d->damaged++ == 0)
		d->first = *why;
	why->text[0] = '\0';
	return 0;
}
