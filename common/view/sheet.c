#include "view/sheet.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/inflate.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#define SIDE_MAX INT32_MAX /* pixels; readers of PPM hold them in an int */

void
sheet_add(struct sheet *s, const struct picture *p)
{
	s->pictures = xreallocarray(s->pictures, s->count + 1, sizeof *s->pictures);
	s->pictures[s->count++] = *p;
	s->bytes += (uint64_t)p->width * p->height * p->channels;
	s->cell.width = p->width > s->cell.width ? p->width : s->cell.width;
	s->cell.height = p->height > s->cell.height ? p->height : s->cell.height;
	s->cell.channels = p->channels > s->cell.channels ? p->channels : s->cell.channels;
}

/* ---- PNG ---- */

enum { CHUNK_MAX = 1 << 30 }; /* bytes; the format allows twice as many */

/* A level above 6 makes pictures of satellites no smaller. */
enum { LEVEL = 6 };

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

/* ---- drawing ---- */

/* The layout of a sheet, in pixels and bytes. */
struct layout {
	size_t columns, rows, zoom, width, height;
	size_t stride; /* of a row of pixels; in PNG with a byte that tells its filter: 0 is none */
};

/* Draws a picture, zoomed, from `to` on. */
static void
draw(const struct picture *p, const struct layout *l, unsigned channels, char *to)
{
	for (size_t y = 0; y < p->height * l->zoom; y++, to += l->stride) {
		char *at = to;
		const unsigned char *pixel = p->pixels + y / l->zoom * p->width * p->channels;
		if (l->zoom == 1 && p->channels == channels) {
			memcpy(at, pixel, p->width * channels);
			continue;
		}
		for (size_t x = 0; x < p->width; x++, pixel += p->channels) {
			for (size_t n = 0; n < l->zoom * channels; n++)
				*at++ = (char)pixel[p->channels == 1 ? 0 : n % channels];
		}
	}
}

/* Appends a row of cells, and the line below it. */
static void
add_row(const struct sheet *s, const struct layout *l, size_t row, bool png, struct buf *out)
{
	size_t bytes = (s->cell.height * l->zoom + (row + 1 < l->rows)) * l->stride;
	size_t cell = (s->cell.width * l->zoom + 1) * s->cell.channels;
	buf_reserve(out, bytes);
	memset(out->data + out->len, 0, bytes);
	for (size_t x = 0; x < l->columns && row * l->columns + x < s->count; x++)
		draw(&s->pictures[row * l->columns + x], l, s->cell.channels,
		    out->data + out->len + png + x * cell);
	out->len += bytes;
}

/* Makes PNG, https://www.w3.org/TR/png-3/, of 8 bits for each sample, of rows that begin with a
 * byte 0. */
static void
make_png(const struct sheet *s, const struct layout *l, struct buf *rows)
{
	/* 8 bits; grey or RGB; deflate, filters by row, not interlaced. */
	unsigned char header[13] = {[8] = 8, [9] = s->cell.channels == 1 ? 0 : 2};
	struct buf stream = {0};
	uLongf len = compressBound((uLong)rows->len);
	buf_reserve(&stream, len);
	if (compress2((Bytef *)stream.data, &len, (const Bytef *)rows->data, (uLong)rows->len,
	        LEVEL) != Z_OK)
		alloc_failed();
	stream.len = len;
	put_number(header, (uint32_t)l->width);
	put_number(header + 4, (uint32_t)l->height);
	rows->len = 0;
	buf_add(rows, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(rows, "IHDR", header, sizeof header);
	for (size_t at = 0; at < stream.len; at += CHUNK_MAX) {
		size_t piece = stream.len - at < CHUNK_MAX ? stream.len - at : CHUNK_MAX;
		add_chunk(rows, "IDAT", stream.data + at, piece);
	}
	add_chunk(rows, "IEND", "", 0);
	buf_free(&stream);
}

/* Writes PPM row by row of cells, PNG at once. */
static int
write_rows(const struct sheet *s, const struct layout *l, bool png, int fd, struct error *why)
{
	struct buf out = {0};
	int status = 0;
	if (!png)
		buf_addf(&out, "P%d\n%zu %zu\n255\n", s->cell.channels == 1 ? 5 : 6, l->width,
		    l->height);
	for (size_t row = 0; row < l->rows && status == 0; row++) {
		add_row(s, l, row, png, &out);
		if (png && row + 1 < l->rows)
			continue;
		if (png)
			make_png(s, l, &out);
		if (file_write_all(fd, out.data, out.len) != 0)
			status = error_errno(why, "standard output");
		out.len = 0;
	}
	buf_free(&out);
	return status;
}

int
sheet_write(const struct sheet *s, const struct sheet_format *f, int fd, struct error *why)
{
	const struct picture *cell = &s->cell;
	struct layout l = {.columns = (size_t)f->columns, .zoom = (size_t)f->zoom};
	if (l.columns == 0)
		l.columns = (size_t)ceil(
		    sqrt((double)s->count * (double)cell->height / (double)cell->width));
	if (l.columns > s->count)
		l.columns = s->count;
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there is a picture */
	l.rows = (s->count - 1) / l.columns + 1;
	/* There are lines between the cells. */
	uint64_t width = l.columns * ((uint64_t)cell->width * l.zoom + 1) - 1;
	uint64_t height = l.rows * ((uint64_t)cell->height * l.zoom + 1) - 1;
	uint64_t stride = width * cell->channels + f->png;
	if (width > SIDE_MAX || height > SIDE_MAX)
		return error_set(
		    why, "the picture would have more than %d pixels on a side", SIDE_MAX);
	/* Of PNG all rows are in memory, and then what they are compressed to. */
	uint64_t rows = f->png ? 2 * height : (uint64_t)cell->height * l.zoom + 1;
	if (rows > f->max_memory / stride || rows > SIZE_MAX / stride)
		return error_memory(why,
		    "a picture of %" PRIu64 " x %" PRIu64
		    " pixels needs more memory than the limit of %" PRIu64 " bytes",
		    width, height, f->max_memory);
	l.width = (size_t)width;
	l.height = (size_t)height;
	l.stride = (size_t)stride;
	return write_rows(s, &l, f->png, fd, why);
}
