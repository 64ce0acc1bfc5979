#include "view/sheet.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/inflate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX INT32_MAX /* pixels; readers of PPM hold them in an int */

void
sheet_add(struct sheet *s, const struct picture *p)
{
	s->pictures = xreallocarray(s->pictures, s->count + 1, sizeof *s->pictures);
	s->pictures[s->count++] = *p;
	s->bytes += (uint64_t)p->width * p->height * p->channels;
}

/* The width and height of the largest picture, and the most channels. */
static struct picture
largest(const struct sheet *s)
{
	struct picture all = {.channels = 1};
	for (size_t i = 0; i < s->count; i++) {
		const struct picture *p = &s->pictures[i];
		all.width = p->width > all.width ? p->width : all.width;
		all.height = p->height > all.height ? p->height : all.height;
		all.channels = p->channels > all.channels ? p->channels : all.channels;
	}
	return all;
}

/* Pixels of `count` cells with lines between them, or 0 if they are too many. */
static size_t
side(size_t count, size_t cell, size_t zoom)
{
	if (cell > SIDE_MAX / zoom || count > SIDE_MAX / (cell * zoom + 1))
		return 0;
	return count * (cell * zoom + 1) - 1;
}

/* ---- PNG ---- */

enum { CHUNK_MAX = 1 << 30 }; /* bytes; the format allows twice as many */

/* compress_rows compresses rows to a zlib stream at the end of `out`, for which it makes room. */

#ifdef DEFLATE_BY_LIBDEFLATE
#include <libdeflate.h>

enum { LEVEL = 9 };

static int
compress_rows(const struct buf *rows, struct buf *out)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	size_t room = libdeflate_zlib_compress_bound(c, rows->len), len = 0;
	if (c && buf_try_reserve(out, room) == 0)
		len = libdeflate_zlib_compress(
		    c, rows->data, rows->len, out->data + out->len, room);
	libdeflate_free_compressor(c);
	out->len += len;
	return len > 0 ? 0 : -1;
}

#else
#include <zlib.h>

static int
compress_rows(const struct buf *rows, struct buf *out)
{
	uLongf len = compressBound((uLong)rows->len);
	if (buf_try_reserve(out, len) != 0 ||
	    compress2((Bytef *)out->data + out->len, &len, (const Bytef *)rows->data,
	        (uLong)rows->len, Z_BEST_COMPRESSION) != Z_OK)
		return -1;
	out->len += len;
	return 0;
}
#endif

static void
put_number(unsigned char *to, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(n >> (24 - 8 * i));
}

/* A chunk: length, type, data, and a checksum of the last two. */
static void
add_chunk(struct buf *out, const char *type, const void *data, size_t len)
{
	unsigned char number[4];
	put_number(number, (uint32_t)len);
	buf_add(out, number, sizeof number);
	size_t start = out->len;
	buf_add(out, type, 4);
	buf_add(out, data, len);
	put_number(number, crc32_of(out->data + start, out->len - start));
	buf_add(out, number, sizeof number);
}

/* Appends the file of a picture to `out`: PNG, https://www.w3.org/TR/png-3/, of 8 bits for each
 * sample. `rows` are its pixels, with a byte 0 before each row. */
static int
png_encode(const struct buf *rows, size_t width, size_t height, unsigned channels, struct buf *out,
    struct error *why)
{
	/* 8 bits; grey or RGB; deflate, filters by row, not interlaced. */
	unsigned char header[13] = {[8] = 8, [9] = channels == 1 ? 0 : 2};
	struct buf stream = {0};
	if (compress_rows(rows, &stream) != 0) {
		buf_free(&stream);
		return error_set(why, "out of memory: %zu x %zu pixels", width, height);
	}
	put_number(header, (uint32_t)width);
	put_number(header + 4, (uint32_t)height);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(out, "IHDR", header, sizeof header);
	for (size_t at = 0; at < stream.len; at += CHUNK_MAX) {
		size_t len = stream.len - at < CHUNK_MAX ? stream.len - at : CHUNK_MAX;
		add_chunk(out, "IDAT", stream.data + at, len);
	}
	add_chunk(out, "IEND", "", 0);
	buf_free(&stream);
	return 0;
}

/* ---- drawing ---- */

/* The layout of a sheet, in pixels and bytes. */
struct layout {
	struct picture cell; /* before zooming */
	size_t columns, rows, zoom, width, height;
	size_t stride; /* of a row of pixels; in PNG with a byte that tells its filter: 0 is none */
};

/* Draws a picture, zoomed, from `to` on. */
static void
draw(const struct picture *p, const struct layout *l, unsigned char *to)
{
	unsigned channels = l->cell.channels;
	for (size_t y = 0; y < p->height * l->zoom; y++) {
		unsigned char *at = to + y * l->stride;
		const unsigned char *pixel = p->pixels + y / l->zoom * p->width * p->channels;
		if (l->zoom == 1 && p->channels == channels) {
			memcpy(at, pixel, p->width * channels);
			continue;
		}
		for (size_t x = 0; x < p->width; x++, pixel += p->channels) {
			for (size_t n = 0; n < l->zoom; n++, at += channels) {
				for (unsigned c = 0; c < channels; c++)
					at[c] = pixel[p->channels == 1 ? 0 : c];
			}
		}
	}
}

/* Appends a row of cells, and the line below it. */
static int
add_row(const struct sheet *s, const struct layout *l, size_t row, bool png, struct buf *out)
{
	size_t height = l->cell.height * l->zoom + (row + 1 < l->rows);
	if (height > SIZE_MAX / 2 / l->stride || buf_try_reserve(out, height * l->stride) != 0)
		return -1;
	unsigned char *to = (unsigned char *)out->data + out->len + png;
	memset(out->data + out->len, 0, height * l->stride);
	out->len += height * l->stride;
	for (size_t x = 0; x < l->columns && row * l->columns + x < s->count; x++)
		draw(&s->pictures[row * l->columns + x], l,
		    to + x * (l->cell.width * l->zoom + 1) * l->cell.channels);
	return 0;
}

static int
write_rows(const struct sheet *s, const struct layout *l, bool png, int fd, struct error *why)
{
	struct buf rows = {0}, file = {0};
	if (!png)
		buf_addf(&rows, "P%d\n%zu %zu\n255\n", l->cell.channels == 1 ? 5 : 6, l->width,
		    l->height);
	int status = 0;
	for (size_t row = 0; row < l->rows && status == 0; row++) {
		if (add_row(s, l, row, png, &rows) != 0)
			status = error_set(why, "out of memory: write PPM, or fewer pictures");
		else if (!png && file_write_all(fd, rows.data, rows.len) != 0)
			status = error_errno(why, "standard output");
		rows.len = png ? rows.len : 0;
	}
	if (status == 0 && png)
		status = png_encode(&rows, l->width, l->height, l->cell.channels, &file, why);
	if (status == 0 && file_write_all(fd, file.data, file.len) != 0)
		status = error_errno(why, "standard output");
	buf_free(&rows);
	buf_free(&file);
	return status;
}

int
sheet_write(const struct sheet *s, const struct sheet_format *f, int fd, struct error *why)
{
	struct layout l = {.cell = largest(s), .columns = (size_t)f->columns};
	double ratio = (double)l.cell.height / (double)l.cell.width;
	if (l.columns == 0)
		l.columns = (size_t)ceil(sqrt((double)s->count * ratio));
	if (l.columns > s->count)
		l.columns = s->count;
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there is a picture */
	l.rows = (s->count - 1) / l.columns + 1;
	l.zoom = (size_t)f->zoom;
	l.width = side(l.columns, l.cell.width, l.zoom);
	l.height = side(l.rows, l.cell.height, l.zoom);
	l.stride = l.width * l.cell.channels + f->png;
	if (l.width == 0 || l.height == 0)
		return error_set(
		    why, "the picture would have more than %d pixels on a side", SIDE_MAX);
	/* Of PNG all rows are in memory, and then what they are compressed to. */
	uint64_t rows = f->png ? 2 * (uint64_t)l.height : (uint64_t)l.cell.height * l.zoom + 1;
	if (rows > f->max_memory / l.stride)
		return error_memory(why,
		    "a picture of %zu x %zu pixels needs more memory than the limit of %" PRIu64
		    " bytes",
		    l.width, l.height, f->max_memory);
	return write_rows(s, &l, f->png, fd, why);
}
