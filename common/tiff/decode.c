#include "tiff/decoder.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int
decode_is_stored(struct decoder *d, uint32_t index, bool *stored, struct error *why)
{
	int bad_size = 0, bad_offset = 0;
	uint64_t size = TIFFGetStrileByteCountWithErr(d->tif, index, &bad_size);
	uint64_t offset = TIFFGetStrileOffsetWithErr(d->tif, index, &bad_offset);
	if (bad_size || bad_offset)
		return error_set(
		    why, "the offset of %s %u cannot be read", decoder_block_name(d), index);
	if (size > 0 && offset == 0)
		return error_set(why, "%s %u has no offset", decoder_block_name(d), index);
	*stored = size > 0;
	damage_forget(&d->damage);
	if (!*stored && (d->damage.flags & TAGS_SHORT))
		return decoder_damaged(d, index, "the file has no offset for it", why);
	return 0;
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

/* Decodes stored bytes that are already in memory, followed by `more`, to `size` bytes. What
 * libtiff says of it is in *heard, and d->damage stays as it is. */
static bool
decode_once_more(struct decoder *d, uint32_t index, const void *more, size_t more_len, void *to,
    size_t size, struct damage *heard)
{
	size_t len;
	const unsigned char *from = decoder_stored_bytes(d, index, &len);
	struct buf *bytes = &d->memory[MEMORY_BYTES];
	if (!from || decoder_reserve(d, bytes, (uint64_t)len + more_len, NULL) != 0)
		return false;
	buf_add(bytes, from, len);
	buf_add(bytes, more, more_len);
	struct damage before = d->damage;
	damage_forget(&d->damage);
	int fine = TIFFReadFromUserBuffer(
	    d->tif, index, bytes->data, (tmsize_t)bytes->len, to, (tmsize_t)size);
	*heard = d->damage;
	d->damage = before;
	return fine;
}

/* Whether the first scan of JPEG data (ITU-T T.81, annex B) is all there is: it is sequential, and
 * of every component. */
static bool
has_one_scan(const struct decoder *d, uint32_t index)
{
	/* Second bytes of markers; the first is FF. */
	enum { SOF0 = 0xc0, SOF1 = 0xc1, SOF9 = 0xc9, SOI = 0xd8, SOS = 0xda };
	unsigned components = 0;
	size_t len;
	const unsigned char *p = decoder_stored_bytes(d, index, &len);
	while (p && len >= 4 && p[0] == 0xff) {
		unsigned marker = p[1];
		size_t size = marker == SOI ? 0 : (size_t)p[2] << 8 | p[3];
		if (len - 2 < size || (marker != SOI && size < 3))
			return false;
		if (marker == SOS)
			return components > 0 && p[4] == components;
		if ((marker == SOF0 || marker == SOF1 || marker == SOF9) && size >= 8)
			components = p[9];
		p += 2 + size;
		len -= 2 + size;
	}
	return false;
}

/* Whether all rows come out of JPEG data that has no end marker: with one added, libjpeg has
 * nothing to complain of. Where there are several scans, later ones may be missing. */
static bool
is_jpeg_complete(struct decoder *d, uint32_t index, void *to, size_t size)
{
	static const unsigned char eoi[2] = {0xff, 0xd9};
	struct damage heard;
	return has_one_scan(d, index) &&
	       decode_once_more(d, index, eoi, sizeof eoi, to, size, &heard) &&
	       heard.what.text[0] == '\0' && !(heard.flags & JPEG_NO_EOI);
}

/* Whether a last block that has too much for its rows is whole with those that the image has not.
 * It is decoded with them to where its rows are already, if there is room. */
static bool
is_cut_short(struct decoder *d, const struct block *b, void *to, size_t room)
{
	const struct image *im = d->im;
	uint64_t row = decoder_row_bytes(im), size = row * im->stored_height;
	struct damage heard;
	if (b->rows == im->stored_height)
		return false;
	if (room < size) {
		if (decoder_reserve(d, &d->memory[MEMORY_AGAIN], size, NULL) != 0)
			return false;
		to = d->memory[MEMORY_AGAIN].data;
	}
	return decode_once_more(d, b->index, "", 0, to, (size_t)size, &heard) &&
	       heard.what.text[0] == '\0' && !(heard.flags & OVERFULL);
}

/* Whether the format of the stored bytes has a checksum that comes after the pixels: a Zstandard
 * frame (RFC 8878) or an xz stream may. libtiff writes neither, others do. */
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

/* libtiff stops at the last pixel, before the checksum. Asked for a row more than is stored it goes
 * on, and fails: if only because there is none, the checksum was right. Whole rows, as a predictor
 * and the swapping of bytes want; all of a tile, of which the image may have less. */
static int
check_sum(struct decoder *d, const struct block *b, struct error *why)
{
	const struct image *im = d->im;
	struct damage heard = {0};
	size_t len;
	const unsigned char *from = decoder_stored_bytes(d, b->index, &len);
	uint32_t rows = im->tiled ? im->block_height : b->rows;
	if (im->reversed || !from || !has_checksum(im, from, len))
		return 0;
	for (;; rows = im->stored_height) {
		uint64_t size = decoder_row_bytes(im) * ((uint64_t)rows + 1);
		/* A last strip may hold rows that the image has not, if that many are possible. */
		if (rows != b->rows && size > d->room && !im->tiled)
			return 0;
		if (decoder_reserve(d, &d->memory[MEMORY_AGAIN], size, why) != 0)
			return DECODE_FAILED;
		if (!decode_once_more(
		        d, b->index, "", 0, d->memory[MEMORY_AGAIN].data, (size_t)size, &heard))
			break;
		if (rows >= im->stored_height)
			return 0;
	}
	return strstr(heard.error.text, "Not enough data")
	           ? 0
	           : decoder_damaged(d, b->index, heard.error.text, why);
}

/* Zeros in the place of compressed data: of a download that was preallocated and stopped, or of a
 * sector that was lost. These codecs decode them to something, and the file has no checksum; but
 * none of their encoders writes so many. Zstandard stores a block of up to 128 KiB as it is only if
 * that costs no more than a 64th of it: of noise with zeros in it up to 2348 of 131072 bytes, 336
 * of 16400, 84 of 4100 came through. */
static bool
has_hole(const struct decoder *d, const struct block *b, char *what, size_t room)
{
	enum { BLOCK = 128 << 10, LEAST = 320, SHARE = 56 };
	static const uint16_t codecs[] = {
	    COMPRESSION_ZSTD, COMPRESSION_WEBP, COMPRESSION_LZMA, COMPRESSION_LZW};
	size_t len = 0, codec = 0;
	const unsigned char *bytes = decoder_stored_bytes(d, b->index, &len);
	while (codec < sizeof codecs / sizeof *codecs && codecs[codec] != d->im->compression)
		codec++;
	if (!bytes || codec == sizeof codecs / sizeof *codecs)
		return false;
	size_t begin, zeros = longest_zeros(bytes, len, &begin);
	snprintf(what, room, "%zu of its %zu bytes are zeros in a row", zeros, len);
	return zeros >= LEAST + (len < BLOCK ? len : BLOCK) / SHARE;
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
	snprintf(what, room, "%" PRIu64 " of %jd bytes", size, (intmax_t)all);
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
		return decoder_damaged(d, b->index, what, why);
	if (heard->what.text[0] != '\0')
		return decoder_damaged(d, b->index, heard->what.text, why);
	/* Some writers store no pixels but those that lie inside the image. */
	if ((heard->flags & JPEG_TOO_SMALL) &&
	    (heard->jpeg_width < b->cols || heard->jpeg_height < b->rows))
		return decoder_damaged(
		    d, b->index, "the JPEG image is smaller than the block", why);
	if ((heard->flags & JPEG_NO_EOI) && (!to || !is_jpeg_complete(d, b->index, to, size)))
		return decoder_damaged(d, b->index, "JPEGLib: Premature end of JPEG file", why);
	if ((heard->flags & OVERFULL) && !is_cut_short(d, b, to, room))
		return decoder_damaged(d, b->index, "contains more than its rows", why);
	if (has_hole(d, b, what, sizeof what))
		return decoder_damaged(d, b->index, what, why);
	return to ? check_sum(d, b, why) : 0;
}

/* Some decoders find an end before the last row, and succeed (CCITT: an end-of-block code may come
 * of any damage). Then the last byte is still what it was before: which two tries tell from
 * data. */
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
			return decoder_failed(d, b->index, why);
		if ((size_t)n != size)
			return error_set(why, "%s %u holds %jd bytes, not %zu",
			    decoder_block_name(d), b->index, (intmax_t)n, size);
		if (!marked || *last != mark)
			return judge(d, b, to, size, room, why);
		if (mark != MARK)
			break;
	}
	*last = 0;
	int status = judge(d, b, to, size, room, why);
	return status != 0 ? status : decoder_damaged(d, b->index, "ends before its last row", why);
}

/* libdeflate, by which libtiff inflates whole blocks, writes little or nothing of a stream that
 * holds more than there is room for, and libtiff calls that a success: GDAL returns zeros. Ours are
 * the right values; but who compares them with GDAL's must find no others, so that such a file is
 * refused unless both agree. */
static int
agree_with_gdal(
    struct decoder *d, const struct block *b, unsigned char *to, size_t size, struct error *why)
{
	struct buf *again = &d->memory[MEMORY_AGAIN];
	if (decoder_reserve(d, again, size, why) != 0)
		return DECODE_FAILED;
	memset(again->data, 0, size);
	/* No writer puts more into a tile than its rows. */
	if (read_as_gdal(d, b->index, again->data, size) == (tmsize_t)size && !d->im->tiled &&
	    memcmp(to, again->data, size) == 0)
		return 0;
	/* Do not advise to write the file again: most programs use libtiff. */
	error_set(why,
	    "%s %" PRIu32 " contains more than its rows, and libtiff loses some of them%s",
	    decoder_block_name(d), b->index,
	    d->keep ? "" : ": use --damaged=keep, which stores the rows that the checksum proves");
	return d->keep ? DECODE_DAMAGED : DECODE_FAILED;
}

int
decode_block(struct decoder *d, const struct block *b, unsigned char *to, size_t size, size_t room,
    struct error *why)
{
	bool spare = false;
	/* Whole streams are inflated here, with what libtiff would do to their bytes. */
	if (!deflated_is_known(d->im))
		return decode_by_libtiff(d, b, to, size, room, why);
	int status = deflated_read(d, b->index, to, size, room, &spare, why);
	if (status == DECODE_DAMAGED && d->keep) {
		memset(to, 0, size);
		bool fine = read_as_gdal(d, b->index, to, size) == (tmsize_t)size;
		return fine ? DECODE_DAMAGED : DECODE_FAILED;
	}
	if (status == 0)
		status = deflated_undo_predictor(d, to, size, why);
	return status == 0 && spare ? agree_with_gdal(d, b, to, size, why) : status;
}

int
decode_check_warnings(struct decoder *d, const struct block *b, struct error *why)
{
	struct buf to = {0};
	bool deflated = image_is_deflated(d->im), spare = false;
	if (!(d->damage.flags & JPEG_NO_EOI) && !deflated)
		return judge(d, b, NULL, 0, 0, why);
	/* libtiff's own sizes: subsampled colour has fewer samples than pixels. */
	tmsize_t all = d->im->tiled ? TIFFTileSize(d->tif) : TIFFVStripSize(d->tif, b->rows);
	size_t size = all > 0 ? (size_t)all : 1;
	int status = decoder_reserve(d, &to, size, why);
	unsigned char *at = (unsigned char *)to.data;
	if (status == 0)
		status = judge(d, b, at, size, size, why);
	if (status == 0 && deflated)
		status = deflated_read(d, b->index, at, size, size, &spare, why);
	if (status == 0 && spare)
		status = decoder_damaged(d, b->index, "contains more than its rows", why);
	d->room += to.capacity;
	buf_free(&to);
	return status;
}
