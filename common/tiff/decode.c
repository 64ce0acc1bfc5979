#include "tiff/decode.h"

#include "tiff/deflated.h"
#include "tiff/jbig.h"
#include "tiff/jpeg.h"
#include "tiff/predictor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *
block_name(const struct decoder *d)
{
	return d->im->tiled ? "tile" : "strip";
}

int
decode_damaged(const struct decoder *d, uint32_t index, const char *what, struct error *why)
{
	error_set(why, "%s %" PRIu32 " is damaged: %s", block_name(d), index, what);
	return DECODE_DAMAGED;
}

int
decode_failed(const struct decoder *d, uint32_t index, struct error *why)
{
	/* Some decoders warn, and then fail without another word. */
	const char *said = *d->damage.error.text ? d->damage.error.text : d->damage.what.text;
	return error_set(why, "its pixels can't be read: libtiff: %s (%s %" PRIu32 ")",
	    *said ? said : "it does not say why", block_name(d), index);
}

uint64_t
decode_row_bytes(const struct image *im)
{
	uint64_t samples = (uint64_t)im->block_width *
	                   (im->separate ? 1u : im->samples); /* < 2^48 */
	return (samples * im->bits + 7) / 8;
}

int
decode_is_stored(struct decoder *d, uint32_t index, bool *stored, struct error *why)
{
	const struct image *im = d->im;
	int bad_size = 0, bad_offset = 0;
	uint64_t size = TIFFGetStrileByteCountWithErr(d->tif, index, &bad_size);
	uint64_t offset = TIFFGetStrileOffsetWithErr(d->tif, index, &bad_offset);
	if (bad_size || bad_offset)
		return error_set(why, "where %s %u lies can't be read", block_name(d), index);
	if (size > 0 && offset == 0)
		return error_set(why, "%s %u has no offset", block_name(d), index);
	*stored = size > 0;
	damage_forget(&d->damage);
	if (!*stored && d->damage.tags_short)
		return decode_damaged(d, index, "the file does not say where it lies", why);
	uint64_t most = decode_row_bytes(im) * im->block_height;
	if (!*stored || im->compression != COMPRESSION_JBIG ||
	    jbig_check(d->tif, index, most, why) == 0)
		return 0;
	return why->text[0] != '\0' ? DECODE_FAILED : decode_failed(d, index, why);
}

const unsigned char *
decode_stored_bytes(const struct decoder *d, uint32_t index, size_t *len)
{
	uint64_t size = TIFFGetStrileByteCount(d->tif, index);
	uint64_t offset = TIFFGetStrileOffset(d->tif, index);
	*len = (size_t)size;
	return offset <= d->len && size <= d->len - offset ? d->bytes + offset : NULL;
}

/* ---- what libtiff decodes ---- */

static tmsize_t
read_encoded(const struct decoder *d, uint32_t index, void *to, size_t size)
{
	return d->im->tiled ? TIFFReadEncodedTile(d->tif, index, to, (tmsize_t)size)
	                    : TIFFReadEncodedStrip(d->tif, index, to, (tmsize_t)size);
}

/* As GDAL has libtiff read a deflated block: one strip of more than 2,000 rows it reads row by row,
 * which libtiff does with zlib, and that takes what it finds. */
static tmsize_t
read_as_gdal(const struct decoder *d, uint32_t index, void *to, size_t size)
{
#ifdef TIFFTAG_DEFLATE_SUBCODEC
	enum { TALL = 2000 };
	if (image_is_deflated(d->im) && !d->im->tiled && d->im->down == 1 && d->im->height > TALL) {
		int own = DEFLATE_SUBCODEC_ZLIB;
		TIFFGetField(d->tif, TIFFTAG_DEFLATE_SUBCODEC, &own);
		TIFFSetField(d->tif, TIFFTAG_DEFLATE_SUBCODEC, DEFLATE_SUBCODEC_ZLIB);
		tmsize_t n = read_encoded(d, index, to, size);
		TIFFSetField(d->tif, TIFFTAG_DEFLATE_SUBCODEC, own);
		return n;
	}
#endif
	return read_encoded(d, index, to, size);
}

/* Decodes stored bytes that are already in memory, followed by `more`, to `size` bytes. What libtiff
 * says of it is in *heard, and d->damage stays as it is. */
static bool
decode_once_more(struct decoder *d, uint32_t index, const void *more, size_t more_len, void *to,
    size_t size, struct damage *heard)
{
	size_t len;
	const unsigned char *from = decode_stored_bytes(d, index, &len);
	d->row.len = 0;
	if (!from || buf_add(&d->row, from, len) != 0 || buf_add(&d->row, more, more_len) != 0)
		return false;
	struct damage before = d->damage;
	damage_forget(&d->damage);
	int fine = TIFFReadFromUserBuffer(
	    d->tif, index, d->row.data, (tmsize_t)d->row.len, to, (tmsize_t)size);
	*heard = d->damage;
	d->damage = before;
	return fine;
}

/* Whether all rows come out of JPEG data that has no end marker: with one added, libjpeg has nothing
 * to complain of. Where there are several scans, later ones may be missing. */
static bool
is_jpeg_complete(struct decoder *d, uint32_t index, void *to, size_t size)
{
	static const unsigned char eoi[2] = {0xff, 0xd9};
	struct jpeg j;
	struct damage heard;
	size_t len;
	const unsigned char *from = decode_stored_bytes(d, index, &len);
	return from && jpeg_look(from, len, &j) && j.one_scan &&
	       decode_once_more(d, index, eoi, sizeof eoi, to, size, &heard) &&
	       heard.what.text[0] == '\0' && !heard.jpeg_endless;
}

/* Whether a last block that has too much for its rows is whole with those that the image has not.
 * It is decoded with them to where its rows are already, if there is room. */
static bool
is_cut_short(struct decoder *d, const struct block *b, void *to, size_t room)
{
	const struct image *im = d->im;
	uint64_t row = decode_row_bytes(im), size = row * im->stored_height;
	struct damage heard;
	if (b->rows == im->stored_height || row > d->max_memory / im->stored_height)
		return false;
	if (room < size) {
		d->again.len = 0;
		if (buf_try_reserve(&d->again, (size_t)size) != 0)
			return false;
		to = d->again.data;
	}
	return decode_once_more(d, b->index, "", 0, to, (size_t)size, &heard) &&
	       heard.what.text[0] == '\0' && !heard.overfull;
}

/* Whether the format of the stored bytes has a checksum that comes after the pixels: a Zstandard frame
 * (RFC 8878) or an xz stream may. libtiff writes neither, others do. */
static bool
has_checksum(const struct image *im, const unsigned char *bytes, size_t len)
{
	static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	static const unsigned char xz[] = {0xfd, '7', 'z', 'X', 'Z', 0};
	enum { ZSTD_SUMMED = 4, XZ_CHECK = 15 };
	if (im->compression == COMPRESSION_ZSTD)
		return len > sizeof zstd && memcmp(bytes, zstd, sizeof zstd) == 0 &&
		       (bytes[sizeof zstd] & ZSTD_SUMMED);
	return im->compression == COMPRESSION_LZMA && len > sizeof xz + 1 &&
	       memcmp(bytes, xz, sizeof xz) == 0 && (bytes[sizeof xz + 1] & XZ_CHECK);
}

/* libtiff stops at the last pixel, before the checksum. Asked for one byte more it goes on, and fails:
 * if only because there is none, the checksum was right. */
static int
check_sum(struct decoder *d, const struct block *b, size_t size, struct error *why)
{
	struct damage heard = {0};
	size_t len;
	const unsigned char *from = decode_stored_bytes(d, b->index, &len);
	if (d->im->reversed || !from || !has_checksum(d->im, from, len))
		return 0;
	d->again.len = 0;
	if (size >= d->max_memory || buf_try_reserve(&d->again, size + 1) != 0)
		return error_set(why, "out of memory");
	if (decode_once_more(d, b->index, "", 0, d->again.data, size + 1, &heard) ||
	    strstr(heard.error.text, "Not enough data"))
		return 0;
	return decode_damaged(d, b->index, heard.error.text, why);
}

/* Whether a JPEG image that is smaller than its block has all pixels that lie inside the image:
 * some writers store no others. */
static bool
is_jpeg_large_enough(const struct decoder *d, const struct block *b)
{
	struct jpeg j;
	size_t len;
	const unsigned char *from = decode_stored_bytes(d, b->index, &len);
	return from && jpeg_look(from, len, &j) && j.width >= b->cols && j.height >= b->rows;
}

/* PixarLog is deflated words of 16 bits, of which libtiff inflates as many as it needs. */
static int
check_pixarlog(struct decoder *d, const struct block *b, struct error *why)
{
	struct buf words = {0};
	uint64_t size = (uint64_t)d->im->block_width * (d->im->separate ? 1u : d->im->samples) * 2 *
	                b->rows;
	if (size > d->max_memory || buf_try_reserve(&words, (size_t)size) != 0)
		return error_set(why, "out of memory");
	bool spare;
	int status = deflated_read(
	    d, b->index, (unsigned char *)words.data, (size_t)size, (size_t)size, &spare, why);
	buf_free(&words);
	return status;
}

/* libtiff reads uncompressed pixels where they must lie, however few the file says there are. That
 * serves files whose writer was wrong only in the sizes; where the rest is another block, or the
 * directory, its bytes would become pixels. Only the neighbours are looked at: all blocks would
 * take time that grows with the square of their number. */
static bool
is_another(const struct decoder *d, const struct block *b, char *what, size_t room)
{
	if (d->im->compression != COMPRESSION_NONE)
		return false;
	tmsize_t all = d->im->tiled ? TIFFVTileSize(d->tif, b->rows)
	                            : TIFFVStripSize(d->tif, b->rows);
	uint64_t size = TIFFGetStrileByteCount(d->tif, b->index);
	uint64_t start = TIFFGetStrileOffset(d->tif, b->index);
	uint32_t count = d->im->tiled ? TIFFNumberOfTiles(d->tif) : TIFFNumberOfStrips(d->tif);
	if (all <= 0 || size >= (uint64_t)all)
		return false;
	const uint64_t others[] = {
	    b->index > 0 ? TIFFGetStrileOffset(d->tif, b->index - 1) : 0,
	    b->index + 1 < count ? TIFFGetStrileOffset(d->tif, b->index + 1) : 0,
	    TIFFCurrentDirOffset(d->tif),
	};
	snprintf(what, room, "it has %" PRIu64 " bytes, not %jd", size, (intmax_t)all);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (others[i] > start && others[i] - start < (uint64_t)all)
			return true;
	}
	return false;
}

/* The verdict on a block that libtiff has decoded to `to`, or to elsewhere if that is NULL. */
static int
judge(
    struct decoder *d, const struct block *b, void *to, size_t size, size_t room, struct error *why)
{
	struct damage *heard = &d->damage;
	char what[80];
	if (is_another(d, b, what, sizeof what))
		return decode_damaged(d, b->index, what, why);
	if (heard->what.text[0] != '\0')
		return decode_damaged(d, b->index, heard->what.text, why);
	if (heard->jpeg_too_small && !is_jpeg_large_enough(d, b))
		return decode_damaged(d, b->index, "its JPEG image is smaller than it", why);
	if (heard->jpeg_endless && (!to || !is_jpeg_complete(d, b->index, to, size)))
		return decode_damaged(d, b->index, "JPEGLib: Premature end of JPEG file", why);
	if (heard->overfull && !is_cut_short(d, b, to, room))
		return decode_damaged(d, b->index, "it holds more than its rows", why);
	if (d->im->compression == COMPRESSION_PIXARLOG)
		return check_pixarlog(d, b, why);
	return to ? check_sum(d, b, size, why) : 0;
}

/* Some decoders find an end before the last row, and succeed (CCITT: an end-of-block code may come
 * of any damage). Then the last byte is still what it was before: which two tries tell from data. */
static int
decode_by_libtiff(struct decoder *d, const struct block *b, unsigned char *to, size_t size,
    size_t room, struct error *why)
{
	enum { MARK = 0xa5 };
	bool marked = d->im->compression != COMPRESSION_NONE &&
	              d->im->compression != COMPRESSION_JPEG;
	unsigned char *last = to + size - 1;
	for (unsigned char mark = MARK;; mark ^= 0xff) {
		damage_forget(&d->damage);
		if (marked)
			*last = mark;
		tmsize_t n = read_as_gdal(d, b->index, to, size);
		if (n < 0)
			return decode_failed(d, b->index, why);
		if ((size_t)n != size)
			return error_set(why, "%s %u holds %jd bytes, not %zu", block_name(d),
			    b->index, (intmax_t)n, size);
		if (!marked || *last != mark)
			return judge(d, b, to, size, room, why);
		if (mark != MARK)
			break;
	}
	*last = 0;
	int status = judge(d, b, to, size, room, why);
	return status != 0 ? status
	                   : decode_damaged(d, b->index, "it ends before its last row", why);
}

/* libdeflate, by which libtiff inflates whole blocks, writes little or nothing of a stream that holds
 * more than there is room for, and libtiff calls that a success: GDAL returns zeros. Ours are the
 * right values; but who compares them with GDAL's must find no others, so that such a file is
 * refused unless both agree. */
static int
agree_with_gdal(
    struct decoder *d, const struct block *b, unsigned char *to, size_t size, struct error *why)
{
	d->again.len = 0;
	if (buf_try_reserve(&d->again, size) != 0)
		return error_set(why, "out of memory");
	memset(d->again.data, 0, size);
	/* No writer puts more into a tile than its rows. */
	if (read_as_gdal(d, b->index, d->again.data, size) == (tmsize_t)size && !d->im->tiled &&
	    memcmp(to, d->again.data, size) == 0)
		return 0;
	memcpy(to, d->again.data, size);
	error_set(why,
	    "%s %" PRIu32 " holds more than its rows, and libtiff loses some of them: "
	    "have the file written anew",
	    block_name(d), b->index);
	return d->keep ? DECODE_DAMAGED : DECODE_FAILED;
}

/* Whole streams are inflated here, with what libtiff would do to their bytes. */
static bool
is_inflated_here(const struct image *im)
{
	return image_is_deflated(im) && predictor_known(im);
}

int
decode_block(struct decoder *d, const struct block *b, unsigned char *to, size_t size, size_t room,
    struct error *why)
{
	bool spare = false;
	if (!is_inflated_here(d->im))
		return decode_by_libtiff(d, b, to, size, room, why);
	int status = deflated_read(d, b->index, to, size, room, &spare, why);
	if (status == DECODE_DAMAGED && d->keep) {
		memset(to, 0, size);
		bool fine = read_as_gdal(d, b->index, to, size) == (tmsize_t)size;
		return fine ? DECODE_DAMAGED : DECODE_FAILED;
	}
	size_t row = (size_t)decode_row_bytes(d->im);
	if (status == 0 && predictor_undo(d->im, to, size / row, row, &d->row) != 0)
		return error_set(why, "out of memory");
	return status == 0 && spare ? agree_with_gdal(d, b, to, size, why) : status;
}

int
decode_judge(struct decoder *d, const struct block *b, struct error *why)
{
	struct buf to = {0};
	bool deflated = image_is_deflated(d->im), spare = false;
	if (!d->damage.jpeg_endless && !deflated)
		return judge(d, b, NULL, 0, 0, why);
	/* libtiff's own sizes: subsampled colour has fewer samples than pixels. */
	tmsize_t all = d->im->tiled ? TIFFTileSize(d->tif) : TIFFVStripSize(d->tif, b->rows);
	size_t size = all > 0 ? (size_t)all : 1;
	if (size > d->max_memory || buf_try_reserve(&to, size) != 0)
		return error_set(why, "out of memory");
	unsigned char *at = (unsigned char *)to.data;
	int status = judge(d, b, at, size, size, why);
	if (status == 0 && deflated)
		status = deflated_read(d, b->index, at, size, size, &spare, why);
	if (status == 0 && spare)
		status = decode_damaged(d, b->index, "it holds more than its rows", why);
	buf_free(&to);
	return status;
}

int
decode_allow(struct decoder *d, int status, struct error *why)
{
	if (status != DECODE_DAMAGED || !d->keep)
		return status;
	if (d->damaged++ == 0)
		d->first = *why;
	why->text[0] = '\0';
	return 0;
}
