#include "view/sheet.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "view/png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX INT32_MAX /* pixels; readers of PPM hold them in an int */

struct layout {
	size_t columns, rows;
	size_t cell_width, cell_height; /* pixels before zooming */
	size_t zoom;
	size_t width, height; /* pixels of the sheet */
	unsigned channels;
};

void
sheet_add(struct sheet *s, const struct picture *p)
{
	if (s->count == s->capacity) {
		s->capacity = s->capacity > 0 ? 2 * s->capacity : 16;
		s->pictures = xreallocarray(s->pictures, s->capacity, sizeof *s->pictures);
	}
	s->pictures[s->count++] = *p;
	s->bytes += (uint64_t)p->width * p->height * p->channels;
}

void
sheet_free(struct sheet *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->pictures[i].pixels);
	free(s->pictures);
	*s = (struct sheet){0};
}

enum { FLUSH_BYTES = 64 << 10 };

/* Pixels of `count` cells with lines between them, or 0 if they are too many. */
static size_t
side(size_t count, size_t cell, size_t zoom)
{
	if (cell > SIDE_MAX / zoom || count > SIDE_MAX / (cell * zoom + 1))
		return 0;
	return count * (cell * zoom + 1) - 1;
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

size_t
sheet_columns(const struct sheet *s, size_t columns)
{
	struct picture cell = largest(s);
	double target = (double)s->count * (double)cell.height / (double)cell.width;
	if (columns == 0) {
		for (columns = 1; (double)columns * (double)columns < target;)
			columns++;
	}
	return columns < s->count ? columns : s->count;
}

static int
lay_out(const struct sheet *s, const struct sheet_format *f, struct layout *l, struct error *why)
{
	struct picture cell = largest(s);
	*l = (struct layout){.columns = sheet_columns(s, f->columns),
	    .zoom = f->zoom,
	    .channels = cell.channels,
	    .cell_width = cell.width,
	    .cell_height = cell.height};
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there is a picture */
	l->rows = (s->count - 1) / l->columns + 1;
	l->width = side(l->columns, l->cell_width, l->zoom);
	l->height = side(l->rows, l->cell_height, l->zoom);
	if (l->width == 0 || l->height == 0)
		return error_set(
		    why, "the picture would have more than %d pixels on a side", SIDE_MAX);
	return 0;
}

/* Row y of a picture, zoomed, in as many channels as the sheet has. */
static void
draw_row(const struct picture *p, size_t y, const struct layout *l, unsigned char *to)
{
	const unsigned char *pixel = p->pixels + y * p->width * p->channels;
	for (size_t x = 0; x < p->width; x++, pixel += p->channels) {
		for (size_t n = 0; n < l->zoom; n++, to += l->channels) {
			for (unsigned c = 0; c < l->channels; c++)
				to[c] = pixel[p->channels == 1 ? 0 : c];
		}
	}
}

/* Where rows of pixels go: in pieces that are worth a call, or all of them for PNG. */
struct sheet_out {
	int fd;
	bool png;
	struct buf pending;
	struct error *why;
};

static int
flush(struct sheet_out *out)
{
	int bad = file_write_all(out->fd, out->pending.data, out->pending.len);
	out->pending.len = 0;
	return bad ? error_errno(out->why, "standard output") : 0;
}

static int
put_row(struct sheet_out *out, const void *bytes, size_t len)
{
	if (out->png)
		buf_add(&out->pending, "", 1); /* no filter */
	buf_add(&out->pending, bytes, len);
	return out->png || out->pending.len < FLUSH_BYTES ? 0 : flush(out);
}

/* The rows of pixels of one row of cells. Returns 0, or -1 with the reason. */
static int
put_cells(const struct sheet *s, const struct layout *l, size_t first, unsigned char *line,
    struct sheet_out *out)
{
	size_t len = l->width * l->channels;
	size_t count = s->count - first < l->columns ? s->count - first : l->columns;
	for (size_t y = 0; y < l->cell_height; y++) {
		memset(line, 0, len);
		for (size_t i = 0; i < count; i++) {
			const struct picture *p = &s->pictures[first + i];
			size_t at = i * (l->cell_width * l->zoom + 1) * l->channels;
			if (y < p->height)
				draw_row(p, y, l, line + at);
		}
		for (size_t n = 0; n < l->zoom; n++) {
			if (put_row(out, line, len) != 0)
				return -1;
		}
	}
	return 0;
}

static int
put_sheet(const struct sheet *s, const struct layout *l, struct sheet_out *out)
{
	size_t len = l->width * l->channels;
	unsigned char *line = xmalloc(len);
	int status = 0;
	for (size_t row = 0; row < l->rows && status == 0; row++) {
		memset(line, 0, len);
		if (row > 0)
			status = put_row(out, line, len);
		if (status == 0)
			status = put_cells(s, l, row * l->columns, line, out);
	}
	free(line);
	return status;
}

int
sheet_write(const struct sheet *s, const struct sheet_format *f, int fd, struct error *why)
{
	struct layout l;
	struct sheet_out out = {.fd = fd, .png = f->png, .why = why};
	char head[64];
	if (lay_out(s, f, &l, why) != 0)
		return -1;
	if (f->png && buf_try_reserve(&out.pending, l.height * (l.width * l.channels + 1)) != 0)
		return error_set(why, "out of memory: write PPM, or fewer pictures");
	if (!f->png) {
		int len = snprintf(head, sizeof head, "P%d\n%zu %zu\n255\n",
		    l.channels == 1 ? 5 : 6, l.width, l.height);
		buf_add(&out.pending, head, (size_t)len);
	}
	int status = put_sheet(s, &l, &out);
	if (status == 0 && f->png) {
		struct buf file = {0};
		status = png_encode(&out.pending, l.width, l.height, l.channels, &file, why);
		buf_free(&out.pending);
		out.pending = file;
	}
	if (status == 0)
		status = flush(&out);
	buf_free(&out.pending);
	return status;
}
