#include "tiff/blocks.h"

#include <string.h>

/* Colour as GDAL has libtiff convert it: a strip or tile at a time, to 32-bit pixels with R in the
 * low byte. */
struct converter {
	struct decoder *d;
	const struct image *im;
	void *const *planes;
	uint32_t *pixels; /* of a block */
};

/* Rows of one block, which come bottom-up. */
static void
scatter_rgba(const struct converter *c, const struct block *b, uint32_t height)
{
	for (uint32_t row = 0; row < b->rows; row++) {
		const uint32_t *in = c->pixels + (size_t)(height - 1 - row) * c->im->block_width;
		size_t at = (size_t)(b->y + row) * c->im->width + b->x;
		for (uint32_t band = 0; band < b->bands; band++) {
			unsigned char *out = c->planes[band];
			for (uint32_t i = 0; out && i < b->cols; i++)
				out[at + i] = (unsigned char)(in[i] >> (8 * band) & 0xff);
		}
	}
}

/* Every plane that goes into the pixels of a block is there. GDAL does not fill missing ones
 * here. */
static int
check_stored(const struct converter *c, const struct block *b, struct error *why)
{
	uint32_t planes = c->im->separate ? c->im->samples : 1;
	for (uint32_t p = 0; p < planes; p++) {
		bool stored;
		uint32_t index = b->index + p * c->im->across * c->im->down;
		if (decode_is_stored(c->d, index, &stored, why) != 0)
			return -1;
		if (!stored)
			return error_set(
			    why, "%s %u is missing", c->im->tiled ? "tile" : "strip", index);
	}
	return 0;
}

/* The verdict on each plane: libtiff has decoded them all before it says anything of the pixels. */
static int
judge_planes(const struct converter *c, const struct block *b, struct error *why)
{
	uint32_t planes = c->im->separate ? c->im->samples : 1;
	int status = 0;
	for (uint32_t p = 0; status == 0 && p < planes; p++) {
		struct block plane = *b;
		plane.index += p * c->im->across * c->im->down;
		status = decode_check_warnings(c->d, &plane, why);
	}
	return status;
}

static int
read_rgba(const struct converter *c, const struct block *b, struct error *why)
{
	TIFF *tif = c->d->tif;
	if (check_stored(c, b, why) != 0)
		return -1;
	damage_forget(&c->d->damage);
	/* A strip's rows fill the buffer from the top of what is there; a tile is always whole. */
	int fine = c->im->tiled ? TIFFReadRGBATileExt(tif, b->x, b->y, c->pixels, 1)
	                        : TIFFReadRGBAStripExt(tif, b->y, c->pixels, 1);
	if (!fine)
		return decoder_failed(c->d, b->index, why);
	scatter_rgba(c, b, c->im->tiled ? c->im->block_height : b->rows);
	return decoder_allow(c->d, judge_planes(c, b, why), why);
}

int
rgba_read(struct decoder *d, void *const *planes, struct error *why)
{
	const struct image *im = d->im;
	struct block b = {.bands = im->bands};
	struct buf *block = &d->memory->block;
	uint64_t pixels = (uint64_t)im->block_width * im->block_height;
	if (decoder_reserve(d, block, pixels < INT64_MAX / 4 ? pixels * 4 : INT64_MAX, why) != 0)
		return -1;
	memset(block->data, 0, (size_t)pixels * 4);
	struct converter c = {d, im, planes, (uint32_t *)(void *)block->data};
	for (b.y = 0; b.y < im->height; b.y += b.rows) {
		b.rows = im->height - b.y < im->block_height ? im->height - b.y : im->block_height;
		for (b.x = 0; b.x < im->width; b.x += b.cols, b.index++) {
			b.cols = im->width - b.x < im->block_width ? im->width - b.x
			                                           : im->block_width;
			int status = read_rgba(&c, &b, why);
			if (status != 0)
				return status;
		}
	}
	return 0;
}
