#include "tiff/decoder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
decoder_start(struct decoder *d, struct buf memory[MEMORY_COUNT], uint64_t most)
{
	uint64_t held = 0;
	for (int i = 0; i < MEMORY_COUNT; i++)
		held += memory[i].capacity;
	/* Buffers of a larger file, perhaps of another patch that had fewer. */
	for (int i = 0; i < MEMORY_COUNT && held > most; i++)
		buf_free(&memory[i]);
	d->memory = memory;
	d->room = held > most ? most : most - held;
}

int
decoder_reserve(struct decoder *d, struct buf *b, uint64_t size, struct error *why)
{
	uint64_t more = size > b->capacity ? size - b->capacity : 0;
	b->len = 0;
	if (more > d->room)
		return error_memory(why, "%ss of %" PRIu64 " bytes need more memory than the limit",
		    decoder_block_name(d), size);
	size_t before = b->capacity;
	if (more > 0)
		buf_free(b); /* whatever it held is not wanted */
	if (buf_try_reserve(b, (size_t)size) != 0)
		return error_set(why, "out of memory");
	d->room -= b->capacity - before;
	return 0;
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

/* ---- what codecs say ---- */

/* Beginnings of messages that do not tell damage by themselves. libtiff gives no codes, only words;
 * a message that is worded differently some day counts as damage, which a user sees, and not as
 * nothing.
 *
 * libjpeg shows the first of its warnings about an image and keeps the others to itself: one that
 * would be harmless alone, such as an unknown JFIF revision, may hide another and has no row. */
static const struct {
	const char *module; /* NULL: any */
	const char *text;
	unsigned flag; /* or 0: harmless */
} meanings[] = {
    /* tif_jpeg.c, libjpeg's jerror.h */
    {"JPEGLib", "Premature end of JPEG file", JPEG_NO_EOI},
    {NULL, "Improper JPEG strip/tile size", JPEG_TOO_SMALL},
    {NULL, "JPEG strip size exceeds expected", 0},
    {NULL, "The JPEG strip/tile is encoded with progressive", 0},
    /* tif_ojpeg.c: about tags, of every file of this kind */
    {NULL, "Deprecated and troublesome old-style JPEG", 0},
    {NULL, "Subsampling tag is not", 0},
    {NULL, "Subsampling inside JPEG data", 0},
    /* tif_lzw.c: how TIFF 5.0 wrote LZW */
    {NULL, "Old-style LZW codes", 0},
    /* tif_fax3.c, since 4.7: it continues, and reports what is wrong with the rows */
    {NULL, "Try to decode (read) fax Group 3 data without EOL", 0},
    /* tif_packbits.c: a run ends beyond the block, as it does where rows are left over */
    {NULL, "Discarding ", OVERFULL},
    /* tif_read.c, since 4.7: bytes that no decoder will ask for */
    {NULL, "Too large strip byte count", 0},
    {NULL, "Too large tile byte count", 0},
    /* tif_dirread.c: the blocks that the arrays lack become zeros, as if they were sparse */
    {"TIFFFetchStripThing", "Incorrect count for", TAGS_SHORT},
};

void
damage_forget(struct damage *d)
{
	*d = (struct damage){.flags = d->flags & TAGS_SHORT};
}

void
damage_hear(struct damage *d, bool is_error, const char *module, const char *text)
{
	struct error said;
	error_set(&said, "%s%s%s", module ? module : "", module && *module ? ": " : "", text);
	if (is_error && d->error.text[0] == '\0')
		d->error = said;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		if ((meanings[i].module && (!module || strcmp(module, meanings[i].module) != 0)) ||
		    strncmp(text, meanings[i].text, strlen(meanings[i].text)) != 0)
			continue;
		d->flags |= meanings[i].flag;
		/* "..., got WIDTHxHEIGHT" */
		char *got = strstr(text, "got ");
		if (meanings[i].flag == JPEG_TOO_SMALL && got) {
			d->jpeg_width = strtoul(got + 4, &got, 10);
			d->jpeg_height = *got == 'x' ? strtoul(got + 1, NULL, 10) : 0;
		}
		return;
	}
	/* The first message tells the cause, later ones what followed from it. */
	if (d->what.text[0] == '\0')
		d->what = said;
}
