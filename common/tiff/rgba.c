#include "tiff/blocks.h"

/* Rows of one block, which come bottom-up. */
static void
scatter_rgba(const struct image *im, const struct block *b, const uint32_t *pixels, uint32_t height,
    void *const *planes)
{
	for (uint32_t row = 0; row < b->rows; row++) {
		const uint32_t *in = pixels + (size_t)(height - 1 - row) * im->block_width;
		size_t at = (size_t)(b->y + row) * im->width + b->x;
		for (uint32_t band = 0; band < b->bands; band++) {
			unsigned char *out = planes[band];
			for (uint32_t i = 0; out && i < b->cols; i++)
				out[at + i] = (unsigned char)(in[i] >> (8 * band) & 0xff);
		}
	}
}

int
rgba_read(struct decoder *d, const struct block *b, uint32_t *pixels, void *const *planes,
    struct error *why)
{
	const struct image *im = d->im;
	uint32_t stored_planes = im->separate ? im->samples : 1;
	/* Every plane that goes into the pixels is there: GDAL does not fill missing ones here. */
	for (uint32_t p = 0; p < stored_planes; p++) {
		bool stored;
		uint32_t index = b->index + p * im->across * im->down;
		if (decode_is_stored(d, index, &stored, why) != 0)
			return -1;
		if (!stored)
			return error_set(why, "%s %u is missing", decoder_block_name(d), index);
	}
	damage_forget(&d->damage);
	/* A strip's rows fill the buffer from the top of what is there; a tile is always whole. */
	int fine = im->tiled ? TIFFReadRGBATileExt(d->tif, b->x, b->y, pixels, 1)
	                     : TIFFReadRGBAStripExt(d->tif, b->y, pixels, 1);
	if (!fine)
		return decoder_failed(d, b->index, why);
	scatter_rgba(im, b, pixels, im->tiled ? im->block_height : b->rows, planes);
	/* libtiff has decoded all planes before it says anything of the pixels. */
	int status = 0;
	for (uint32_t p = 0; status == 0 && p < stored_planes; p++) {
		struct block plane = *b;
		plane.index += p * im->across * im->down;
		status = decode_check_warnings(d, &plane, why);
	}
	return decoder_allow(d, status, why);
}
