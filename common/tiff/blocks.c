#include "tiff/blocks.h"

#include "base/hash.h"
#include "tiff/jbig.h"
#include "tiff/nodata.h"
#include "tiff/samples.h"

#include <inttypes.h>
#include <string.h>

/* One strip or tile, as much of it as lies inside the image. */
struct block {
	uint32_t index;        /* as libtiff counts */
	uint32_t x, y;         /* of its first pixel */
	uint32_t cols, rows;   /* inside the image */
	uint32_t first, bands; /* the bands it holds: one, or all of a pixel */
};

struct reader {
	TIFF *tif;                 /* or */
	const struct plain *plain; /* where blocks come from */
	const struct image *im;
	void *const *planes;
	unsigned char *scratch;
	size_t row_bytes;        /* of a decoded block */
	unsigned char nodata[8]; /* an element of what is missing */
	bool nodata_known;
	struct error *why;
};

static unsigned char *
plane_at(const struct reader *r, uint32_t band, uint32_t x, uint32_t y)
{
	size_t element = (size_t)y * r->im->width + x;
	return (unsigned char *)r->planes[band] + element * dtype_size(r->im->dtype);
}

static void
fill(struct reader *r, const struct block *b)
{
	if (!r->nodata_known)
		nodata_element(r->im, r->nodata);
	r->nodata_known = true;
	for (uint32_t band = b->first; band < b->first + b->bands; band++) {
		for (uint32_t row = 0; r->planes[band] && row < b->rows; row++)
			samples_fill(plane_at(r, band, b->x, b->y + row), r->nodata,
			    dtype_size(r->im->dtype), b->cols);
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
	/* Halves go through the scratch block as in GDAL: broken files leave the same bytes in it. */
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
copy_plain(const struct reader *r, const struct block *b)
{
	const unsigned char *from = plain_block(r->plain, b->index);
	if (!is_run(r->im))
		scatter(r, b, from);
	else if (r->planes[b->first])
		memcpy(plane_at(r, b->first, b->x, b->y), from, b->rows * r->row_bytes);
}

static tmsize_t
read_encoded(const struct reader *r, uint32_t index, void *to, tmsize_t size)
{
	return r->im->tiled ? TIFFReadEncodedTile(r->tif, index, to, size)
	                    : TIFFReadEncodedStrip(r->tif, index, to, size);
}

static tmsize_t
read_by_zlib(const struct reader *r, uint32_t index, void *to, tmsize_t size)
{
#ifdef TIFFTAG_DEFLATE_SUBCODEC
	int own = DEFLATE_SUBCODEC_ZLIB;
	TIFFGetField(r->tif, TIFFTAG_DEFLATE_SUBCODEC, &own);
	TIFFSetField(r->tif, TIFFTAG_DEFLATE_SUBCODEC, DEFLATE_SUBCODEC_ZLIB);
	tmsize_t n = read_encoded(r, index, to, size);
	TIFFSetField(r->tif, TIFFTAG_DEFLATE_SUBCODEC, own);
	return n;
#else
	return read_encoded(r, index, to, size);
#endif
}

/* libdeflate, by which libtiff inflates whole strips, checks their sum; but of a stream that holds more
 * than there is room for it writes little or nothing, and libtiff calls that a success. zlib writes what
 * fits. One strip of more than 2,000 rows GDAL reads row by row, which is by zlib: so here. There are
 * files whose last strip holds as many rows as the others, of which GDAL makes zeros: where the last
 * bytes are as they were before, it may be one, and is refused if zlib finds others. */
static int
inflate_again(const struct reader *r, const struct block *b, char *to, size_t size)
{
	enum { TALL = 2000, LOOK = 16 };
	const struct image *im = r->im;
	size_t n = size < LOOK ? size : LOOK;
	bool tall = im->down == 1 && im->height > TALL;
	bool cut = b->rows < im->block_height &&
	           (im->predictor || memchr(to + size - n, 0, n) != NULL);
	if (!im->deflate || im->tiled || (!tall && !cut))
		return 0;
	uint64_t before = tall ? 0 : hash_bytes(to, size);
	if (read_by_zlib(r, b->index, to, (tmsize_t)size) < 0)
		return -1;
	if (!tall && hash_bytes(to, size) != before)
		return error_set(r->why,
		    "strip %u holds more than its rows, and libtiff loses some of them: "
		    "have the file written anew",
		    b->index);
	return 0;
}

static int
decode(const struct reader *r, const struct block *b)
{
	const struct image *im = r->im;
	bool in_place = is_in_place(im);
	void *to = in_place ? plane_at(r, b->first, b->x, b->y) : r->scratch;
	/* Some valid files hold no more rows in their last blocks than the image has. */
	uint32_t rows = im->whole_blocks ? im->block_height : b->rows;
	tmsize_t size = (tmsize_t)(rows * r->row_bytes);
	/* Decoders that find too little succeed without writing all: never old pixels, but zeros. */
	if (in_place && im->encoded)
		memset(to, 0, (size_t)size);
	else if (!in_place && b->rows < im->block_height)
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): reserve made it */
		memset(to, 0, r->row_bytes * im->block_height);
	tmsize_t n = read_encoded(r, b->index, to, size);
	if (n < 0)
		return -1;
	if (n != size)
		return error_set(r->why, "%s %u holds %jd bytes, not %jd",
		    im->tiled ? "tile" : "strip", b->index, (intmax_t)n, (intmax_t)size);
	if (inflate_again(r, b, to, (size_t)size) != 0)
		return -1;
	if (!in_place)
		scatter(r, b, r->scratch);
	return 0;
}

/* Bytes of a row of a decoded block. */
static uint64_t
row_bytes(const struct image *im)
{
	uint64_t samples = (uint64_t)im->block_width *
	                   (im->separate ? 1u : im->samples); /* < 2^48 */
	return (samples * im->bits + 7) / 8;
}

/* Whether a block holds anything. An offset or size that can't be read is not "nothing"; what its
 * decoder must not see is a failure. */
static int
is_stored(const struct reader *r, uint32_t index, bool *stored)
{
	int bad_size = 0, bad_offset = 0;
	const char *what = r->im->tiled ? "tile" : "strip";
	uint64_t size = TIFFGetStrileByteCountWithErr(r->tif, index, &bad_size);
	uint64_t offset = TIFFGetStrileOffsetWithErr(r->tif, index, &bad_offset);
	if (bad_size || bad_offset)
		return error_set(r->why, "where %s %u lies can't be read", what, index);
	if (size > 0 && offset == 0)
		return error_set(r->why, "%s %u has no offset", what, index);
	*stored = size > 0;
	if (*stored && r->im->jbig)
		return jbig_check(r->tif, index, row_bytes(r->im) * r->im->block_height, r->why);
	return 0;
}

static int
read_block(struct reader *r, const struct block *b)
{
	bool stored;
	if (r->plain) {
		copy_plain(r, b);
		return 0;
	}
	if (is_stored(r, b->index, &stored) != 0)
		return -1;
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
			if (read_block(r, &b) != 0)
				return -1;
		}
	}
	return 0;
}

static int
read_planes(struct reader *r)
{
	if (!r->im->separate)
		return read_plane(r, 0, r->im->bands);
	for (uint32_t band = 0; band < r->im->bands; band++) {
		if (r->planes[band] && read_plane(r, band, 1) != 0)
			return -1;
	}
	return 0;
}

/* Makes room for a block that is decoded beside the planes. */
static int
reserve(struct reader *r, struct buf *scratch, uint64_t max_memory)
{
	uint64_t row = row_bytes(r->im);
	r->row_bytes = (size_t)row;
	if (is_in_place(r->im))
		return 0;
	if (row > max_memory / r->im->block_height) {
		error_set(r->why,
		    "%s of %u rows of %" PRIu64 " bytes take more memory than was allowed",
		    r->im->tiled ? "tiles" : "strips", r->im->block_height, row);
		return error_hint(r->why, HINT_MEMORY, 0);
	}
	scratch->len = 0;
	if (buf_reserve(scratch, (size_t)row * r->im->block_height) != 0)
		return error_set(r->why, "out of memory");
	r->scratch = (unsigned char *)scratch->data;
	memset(r->scratch, 0, (size_t)row * r->im->block_height);
	return 0;
}

int
blocks_read(TIFF *tif, const struct image *im, void *const *planes, struct buf *scratch,
    uint64_t max_memory, struct error *why)
{
	struct reader r = {.tif = tif, .im = im, .planes = planes, .why = why};
	return reserve(&r, scratch, max_memory) != 0 ? -1 : read_planes(&r);
}

void
blocks_copy(const struct plain *plain, const struct image *im, void *const *planes)
{
	struct reader r = {
	    .plain = plain, .im = im, .planes = planes, .row_bytes = (size_t)row_bytes(im)};
	read_planes(&r);
}

/* ---- colour through the RGBA interface ---- */

/* Rows of one block, bottom-up, of 32-bit pixels with R in the low byte. */
static void
scatter_rgba(const struct reader *r, const struct block *b, const uint32_t *pixels, uint32_t height)
{
	for (uint32_t row = 0; row < b->rows; row++) {
		const uint32_t *in = pixels + (size_t)(height - 1 - row) * r->im->block_width;
		for (uint32_t band = 0; band < b->bands; band++) {
			unsigned char *out = r->planes[band] ? plane_at(r, band, b->x, b->y + row)
			                                     : NULL;
			for (uint32_t i = 0; out && i < b->cols; i++)
				out[i] = (unsigned char)(in[i] >> (8 * band) & 0xff);
		}
	}
}

static int
read_rgba(const struct reader *r, const struct block *b)
{
	uint32_t *pixels = (uint32_t *)(void *)r->scratch;
	uint32_t planes = r->im->separate ? r->im->samples : 1;
	for (uint32_t p = 0; p < planes; p++) {
		bool stored;
		if (is_stored(r, b->index + p * r->im->across * r->im->down, &stored) != 0)
			return -1;
		if (!stored)
			return error_set(
			    r->why, "%s %u is missing", r->im->tiled ? "tile" : "strip", b->index);
	}
	/* A strip's rows fill the buffer from the top of what is there; a tile is always whole. */
	int fine = r->im->tiled ? TIFFReadRGBATileExt(r->tif, b->x, b->y, pixels, 1)
	                        : TIFFReadRGBAStripExt(r->tif, b->y, pixels, 1);
	if (!fine)
		return -1;
	scatter_rgba(r, b, pixels, r->im->tiled ? r->im->block_height : b->rows);
	return 0;
}

int
blocks_read_rgba(TIFF *tif, const struct image *im, void *const *planes, struct buf *scratch,
    uint64_t max_memory, struct error *why)
{
	struct reader r = {.tif = tif, .im = im, .planes = planes, .why = why};
	struct block b = {.bands = im->bands};
	uint64_t pixels = (uint64_t)im->block_width * im->block_height;
	if (pixels > max_memory / 4) {
		error_set(why,
		    "strips or tiles of %" PRIu64 " pixels take more memory than was allowed",
		    pixels);
		return error_hint(why, HINT_MEMORY, 0);
	}
	scratch->len = 0;
	if (buf_reserve(scratch, (size_t)pixels * 4) != 0)
		return error_set(why, "out of memory");
	memset(scratch->data, 0, (size_t)pixels * 4);
	r.scratch = (unsigned char *)scratch->data;
	for (b.y = 0; b.y < im->height; b.y += b.rows) {
		b.rows = smaller(im->block_height, im->height - b.y);
		for (b.x = 0; b.x < im->width; b.x += b.cols, b.index++) {
			b.cols = smaller(im->block_width, im->width - b.x);
			if (read_rgba(&r, &b) != 0)
				return -1;
		}
	}
	return 0;
}
