#include "tiff/decoder.h"
#include "tiff/samples.h"

#include <string.h>

struct reader {
	struct decoder *d;
	const struct uncompressed *uncompressed; /* where blocks come from, or NULL */
	const struct image *im;
	void *const *planes;
	unsigned char *scratch;
	size_t row_bytes; /* of a decoded block */
	struct error *why;
};

static unsigned char *
plane_at(const struct reader *r, uint32_t band, uint32_t x, uint32_t y)
{
	size_t element = (size_t)y * r->im->width + x;
	return (unsigned char *)r->planes[band] + element * dtype_size(r->im->dtype);
}

static void
fill(const struct reader *r, const struct block *b)
{
	unsigned char nodata[8];
	nodata_element(r->im, nodata);
	r->d->filled = true;
	size_t size = dtype_size(r->im->dtype);
	for (uint32_t band = b->first; band < b->first + b->bands; band++) {
		for (uint32_t row = 0; r->planes[band] && row < b->rows; row++) {
			unsigned char *out = plane_at(r, band, b->x, b->y + row);
			for (uint32_t i = 0; i < b->cols; i++)
				memcpy(out + i * size, nodata, size);
		}
	}
}

/* A strip of one band that is stored as the dtype is one run of elements of its plane. */
static bool
is_run(const struct image *im)
{
	return !im->tiled && im->conversion == CONVERT_NONE && (im->separate || im->samples == 1);
}

/* Whether libtiff can decode such a run where it belongs. */
static bool
is_in_place(const struct image *im)
{
	/* Halves go through the scratch block as in GDAL: broken files leave the same bytes in
	 * it. */
	return is_run(im) && !im->whole_blocks && im->dtype != DTYPE_F16;
}

/* Rows of a decoded block to the planes. */
static void
scatter(const struct reader *r, const struct block *b, const unsigned char *from)
{
	for (uint32_t row = 0; row < b->rows; row++) {
		for (uint32_t i = 0; i < b->bands; i++) {
			if (r->planes[b->first + i])
				samples_copy(plane_at(r, b->first + i, b->x, b->y + row),
				    from + row * r->row_bytes, i, b->bands, b->cols, r->im);
		}
	}
}

static void
copy_uncompressed(const struct reader *r, const struct block *b)
{
	const struct uncompressed *u = r->uncompressed;
	/* uncompressed_open has checked that it lies in the file. */
	const unsigned char *from = u->directory.bytes +
	                            directory_value(&u->directory, &u->offsets, b->index);
	if (!is_run(r->im))
		scatter(r, b, from);
	else if (r->planes[b->first])
		memcpy(plane_at(r, b->first, b->x, b->y), from, b->rows * r->row_bytes);
}

static int
decode(const struct reader *r, const struct block *b)
{
	const struct image *im = r->im;
	bool in_place = is_in_place(im), encoded = im->compression != COMPRESSION_NONE;
	unsigned char *to = in_place ? plane_at(r, b->first, b->x, b->y) : r->scratch;
	/* Some valid files hold no more rows in their last blocks than the image has. */
	uint32_t rows = im->whole_blocks ? im->block_height : b->rows;
	size_t size = rows * r->row_bytes, room = size;
	if (!in_place)
		room = r->row_bytes * im->block_height;
	/* Decoders that find too little succeed without writing all: never old pixels, but
	 * zeros. */
	if (encoded && !image_is_deflated(im) && (in_place || b->rows < im->block_height))
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): reserve made it */
		memset(to, 0, room);
	int status = decoder_allow(r->d, decode_block(r->d, b, to, size, room, r->why), r->why);
	if (status == 0 && !in_place)
		scatter(r, b, r->scratch);
	return status;
}

/* Rows of one block, which come bottom-up. */
static void
scatter_rgba(const struct reader *r, const struct block *b, const uint32_t *pixels, uint32_t height)
{
	const struct image *im = r->im;
	for (uint32_t row = 0; row < b->rows; row++) {
		const uint32_t *in = pixels + (size_t)(height - 1 - row) * im->block_width;
		size_t at = (size_t)(b->y + row) * im->width + b->x;
		for (uint32_t band = 0; band < b->bands; band++) {
			unsigned char *out = r->planes[band];
			for (uint32_t i = 0; out && i < b->cols; i++)
				out[at + i] = (unsigned char)(in[i] >> (8 * band) & 0xff);
		}
	}
}

/* Colour as GDAL has libtiff convert it, a strip or tile at a time, to 32-bit pixels with R in the
 * low byte. */
static int
read_rgba(const struct reader *r, const struct block *b)
{
	struct decoder *d = r->d;
	struct error *why = r->why;
	const struct image *im = r->im;
	uint32_t *pixels = (uint32_t *)(void *)r->scratch;
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
	scatter_rgba(r, b, pixels, im->tiled ? im->block_height : b->rows);
	/* libtiff has decoded all planes before it says anything of the pixels. */
	int status = 0;
	for (uint32_t p = 0; status == 0 && p < stored_planes; p++) {
		struct block plane = *b;
		plane.index += p * im->across * im->down;
		status = decode_check_warnings(d, &plane, why);
	}
	return decoder_allow(d, status, why);
}

static int
read_block(struct reader *r, const struct block *b)
{
	bool stored;
	if (r->uncompressed) {
		copy_uncompressed(r, b);
		return 0;
	}
	if (r->im->conversion == CONVERT_RGBA)
		return read_rgba(r, b);
	int status = decode_is_stored(r->d, b->index, &stored, r->why);
	status = decoder_allow(r->d, status, r->why);
	if (status != 0)
		return status;
	if (stored)
		return decode(r, b);
	fill(r, b);
	return 0;
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int
read_plane(struct reader *r, uint32_t first, uint32_t bands)
{
	const struct image *im = r->im;
	struct block b = {.index = im->separate ? first * im->across * im->down : 0,
	    .first = first,
	    .bands = bands};
	for (uint32_t down = 0; down < im->down; down++) {
		b.y = down * im->block_height;
		b.rows = smaller(im->block_height, im->height - b.y);
		for (uint32_t across = 0; across < im->across; across++, b.index++) {
			b.x = across * im->block_width;
			b.cols = smaller(im->block_width, im->width - b.x);
			int status = read_block(r, &b);
			if (status != 0)
				return status;
		}
	}
	return 0;
}

static int
read_planes(struct reader *r)
{
	if (!r->im->separate || r->im->conversion == CONVERT_RGBA)
		return read_plane(r, 0, r->im->bands);
	int status = 0;
	for (uint32_t band = 0; status == 0 && band < r->im->bands; band++) {
		if (r->planes[band])
			status = read_plane(r, band, 1);
	}
	return status;
}

/* Makes room for a block that is decoded beside the planes. */
static int
reserve(struct reader *r)
{
	uint64_t size = (uint64_t)r->row_bytes *
	                r->im->block_height; /* < 2^79: see decoder_reserve */
	struct buf *block = &r->d->memory[MEMORY_BLOCK];
	if (is_in_place(r->im))
		return 0;
	if (r->row_bytes > INT64_MAX / r->im->block_height)
		size = INT64_MAX;
	if (decoder_reserve(r->d, block, size, r->why) != 0)
		return -1;
	r->scratch = (unsigned char *)block->data;
	memset(r->scratch, 0, (size_t)size);
	return 0;
}

int
blocks_read(struct decoder *d, const struct uncompressed *u, void *const *planes, struct error *why)
{
	struct reader r = {.d = d, .uncompressed = u, .im = d->im, .planes = planes, .why = why};
	r.row_bytes = d->im->conversion == CONVERT_RGBA ? d->im->block_width * sizeof(uint32_t)
	                                                : (size_t)decoder_row_bytes(d->im);
	return !u && reserve(&r) != 0 ? -1 : read_planes(&r);
}
