#include "view/sheet.h"

#include "base/buf.h"
#include "base/file.h"

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

int
sheet_add(struct sheet *s, const struct picture *p)
{
	if (s->count == s->capacity) {
		size_t capacity = s->capacity > 0 ? 2 * s->capacity : 16;
		struct picture *more = realloc(s->pictures, capacity * sizeof *more);
		if (!more)
			return -1;
		s->pictures = more;
		s->capacity = capacity;
	}
	s->pictures[s->count++] = *p;
	s->bytes += (uint64_t)p->width * p->height * p->channels;
	return 0;
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

static int
lay_out(const struct sheet *s, size_t columns, size_t zoom, struct layout *l, struct error *why)
{
	*l = (struct layout){.columns = columns, .zoom = zoom, .channels = 1};
	for (size_t i = 0; i < s->count; i++) {
		const struct picture *p = &s->pictures[i];
		l->cell_width = p->width > l->cell_width ? p->width : l->cell_width;
		l->cell_height = p->height > l->cell_height ? p->height : l->cell_height;
		l->channels = p->channels > l->channels ? p->channels : l->channels;
	}
	if (columns == 0) {
		double target = (double)s->count * (double)l->cell_height / (double)l->cell_width;
		for (l->columns = 1; (double)l->columns * (double)l->columns < target;)
			l->columns++;
	}
	if (l->columns > s->count)
		l->columns = s->count;
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there is a picture */
	l->rows = (s->count - 1) / l->columns + 1;
	l->width = side(l->columns, l->cell_width, zoom);
	l->height = side(l->rows, l->cell_height, zoom);
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

/* Where lines go: gathered to pieces that are worth a call. */
struct sheet_out {
	int fd;
	struct buf pending;
	struct error *why;
};

static int
sheet_flush(struct sheet_out *out)
{
	int bad = file_write_all(out->fd, out->pending.data, out->pending.len);
	out->pending.len = 0;
	return bad ? error_errno(out->why, "standard output") : 0;
}

static int
sheet_put(struct sheet_out *out, const void *bytes, size_t len)
{
	if (buf_add(&out->pending, bytes, len) != 0)
		return error_set(out->why, "out of memory");
	return out->pending.len < FLUSH_BYTES ? 0 : sheet_flush(out);
}

/* The rows of one row of cells. Returns 0, or -1 with the reason. */
static int
write_cells(const struct sheet *s, const struct layout *l, size_t first, unsigned char *line,
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
			if (sheet_put(out, line, len) != 0)
				return -1;
		}
	}
	return 0;
}

int
sheet_write(const struct sheet *s, size_t columns, size_t zoom, int fd, struct error *why)
{
	struct layout l;
	if (lay_out(s, columns, zoom, &l, why) != 0)
		return -1;
	size_t len = l.width * l.channels;
	unsigned char *line = malloc(len);
	if (!line)
		return error_set(why, "out of memory");
	struct sheet_out out = {.fd = fd, .why = why};
	char head[64];
	int head_len = snprintf(
	    head, sizeof head, "P%d\n%zu %zu\n255\n", l.channels == 1 ? 5 : 6, l.width, l.height);
	int status = sheet_put(&out, head, (size_t)head_len);
	for (size_t row = 0; row < l.rows && status == 0; row++) {
		memset(line, 0, len);
		if (row > 0)
			status = sheet_put(&out, line, len);
		if (status == 0)
			status = write_cells(s, &l, row * l.columns, line, &out);
	}
	if (status == 0)
		status = sheet_flush(&out);
	buf_free(&out.pending);
	free(line);
	return status;
}
