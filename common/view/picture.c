#include "view/picture.h"

#include "tensor/elements.h"
#include "view/percentile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The pixel of `from` that shows at pixel i of `to` >= from. */
static size_t
nearest(size_t i, size_t from, size_t to)
{
	return from == to ? i : (2 * i + 1) * from / (2 * to);
}

/* Makes NaN of all that is not to be seen. */
static void
blank_nodata(double *v, size_t count, enum dtype dtype, const struct stretch *s)
{
	double nodata = nodata_for(&s->nodata, dtype);
	if (!s->nodata.set && dtype_is_unsigned(dtype))
		nodata = 0;
	else if (!s->nodata.set && dtype_is_signed(dtype))
		nodata = -ldexp(1, (int)dtype_size(dtype) * 8 - 1);
	for (size_t i = 0; i < count; i++) {
		if (v[i] == nodata || isinf(v[i]))
			v[i] = (double)NAN;
	}
}

static void
to_decibels(double *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		v[i] = v[i] > 0 ? 10 * log10(v[i]) : (double)NAN;
}

/* The values of a band, width x height of them, enlarged in place: from the end, because a pixel
 * never moves towards the front. */
static void
read_band(const struct band *b, const struct picture *p, const struct stretch *s, double *v)
{
	elements_read(b->dtype, b->data, 0, b->width * b->height, v);
	blank_nodata(v, b->width * b->height, b->dtype, s);
	if (b->width == p->width && b->height == p->height)
		return;
	for (size_t y = p->height; y-- > 0;) {
		const double *row = v + nearest(y, b->height, p->height) * b->width;
		for (size_t x = p->width; x-- > 0;)
			v[y * p->width + x] = row[nearest(x, b->width, p->width)];
	}
}

/* Whether radar bands hold power: decibels have negative values, practically always. */
static bool
is_power(const struct composite *c, const struct picture *p, const struct stretch *s, double *v)
{
	for (unsigned i = 0; i < 2; i++) {
		read_band(&c->band[i], p, s, v);
		for (size_t k = 0; k < p->width * p->height; k++) {
			if (v[k] < 0)
				return false;
		}
	}
	return true;
}

/* The values of a channel; `other` is room for as many more. */
static void
read_channel(const struct composite *c, unsigned channel, bool power, const struct picture *p,
    const struct stretch *s, double *v, double *other)
{
	size_t count = p->width * p->height;
	read_band(&c->band[channel], p, s, v);
	if (power)
		to_decibels(v, count);
	if (!c->index && (!c->radar || channel < 2))
		return;
	read_band(&c->band[1], p, s, other);
	if (power)
		to_decibels(other, count);
	/* Nothing over nothing is NaN, and black. */
	for (size_t i = 0; i < count; i++)
		v[i] = c->index ? (v[i] - other[i]) / (v[i] + other[i]) : v[i] - other[i];
}

/* The values that become 0 and 255. False if there is no value at all. `room` has that of v. */
static bool
find_range(const double *v, size_t count, const struct stretch *s, double *room, double range[2])
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (isfinite(v[i]))
			room[n++] = v[i];
	}
	if (n == 0)
		return false;
	range[0] = percentile(room, n, s->low);
	range[1] = percentile(room, n, s->high);
	if (range[0] == range[1]) {
		range[0] = percentile(room, n, 0);
		range[1] = percentile(room, n, 100);
	}
	return true;
}

/* ---- ranges of totals ---- */

/* The scales of the bands that a channel is made of. Returns 0, or -1 with the reason. */
static int
find_scales(const struct composite *c, unsigned channel, const struct stretch *s,
    const struct scale *scale[2], struct error *why)
{
	const unsigned bands[2] = {channel, c->radar ? 1 : channel};
	for (unsigned i = 0; i < 2; i++) {
		const struct band *b = &c->band[bands[i]];
		scale[i] = scales_find(s->scales, b->name, b->tensor, b->dtype, why);
		if (!scale[i])
			return -1;
	}
	return 0;
}

/* A percentile of a band, in dB if it is power. */
static int
scaled_value(
    const struct scale *scale, double percent, bool power, double *value, struct error *why)
{
	*value = scale_at(scale, percent);
	if (!power)
		return 0;
	if (*value <= 0) {
		return error_set(why,
		    "percentile %g of '%s' is 0 in the totals, which has no dB: make them with "
		    "'rsenc-show --totals --json --nodata=0'",
		    percent, scale->name);
	}
	*value = 10 * log10(*value);
	return 0;
}

static int
find_scaled_range(const struct composite *c, unsigned channel, bool power, const struct stretch *s,
    double range[2], struct error *why)
{
	const struct scale *scale[2];
	double middle[2];
	if (find_scales(c, channel, s, scale, why) != 0 ||
	    scaled_value(scale[0], s->low, power, &range[0], why) != 0 ||
	    scaled_value(scale[0], s->high, power, &range[1], why) != 0)
		return -1;
	/* As find_range does it, for labels that are mostly one. */
	if (range[0] == range[1] && !power) {
		range[0] = scale_at(scale[0], 0);
		range[1] = scale_at(scale[0], 100);
	}
	if (!c->radar || channel < 2)
		return 0;
	/* Totals know no ratio: it is taken to spread as far as VV about where it is as a rule. */
	for (unsigned i = 0; i < 2; i++) {
		if (scaled_value(scale[i], 50, power, &middle[i], why) != 0)
			return -1;
	}
	double half = (range[1] - range[0]) / 2;
	range[0] = middle[0] - middle[1] - half;
	range[1] = middle[0] - middle[1] + half;
	return 0;
}

/* ---- drawing ---- */

static unsigned char
level(double v, const double range[2])
{
	if (!isfinite(v))
		return 0;
	if (range[0] == range[1])
		return 128;
	double t = (v - range[0]) / (range[1] - range[0]) * 255 + 0.5;
	return t >= 255 ? 255 : t >= 1 ? (unsigned char)t : 0;
}

/* Bytes of the picture and of two channels as doubles. */
static bool
fits(const struct picture *p, uint64_t max_memory)
{
	uint64_t pixel = 2 * sizeof(double) + p->channels;
	uint64_t pixels = max_memory / pixel;
	return p->width <= SIZE_MAX / 32 / p->height && p->width <= pixels / p->height;
}

/* Whether a composite is radar in power, not dB: by the picture, or by the totals. Returns 1, 0, or
 * -1 with the reason. */
static int
find_power(const struct composite *c, const struct picture *p, const struct stretch *s, double *v,
    struct error *why)
{
	const struct scale *scale[2];
	if (!c->radar || !s->scales)
		return c->radar && is_power(c, p, s, v);
	if (find_scales(c, 0, s, scale, why) != 0)
		return -1;
	return scale_at(scale[0], 0) >= 0 && scale_at(scale[1], 0) >= 0;
}

static int
draw_channels(const struct composite *c, const struct stretch *s, struct picture *p, double *v,
    double *room, struct error *why)
{
	size_t count = p->width * p->height;
	int power = find_power(c, p, s, v, why);
	if (power < 0)
		return -1;
	for (unsigned channel = 0; channel < p->channels; channel++) {
		double range[2] = {-1, 1}; /* of an index */
		read_channel(c, channel, power, p, s, v, room);
		if (s->scales && !c->index) {
			if (find_scaled_range(c, channel, power, s, range, why) != 0)
				return -1;
		} else if (!c->index) {
			find_range(v, count, s, room, range);
		}
		for (size_t i = 0; i < count; i++)
			p->pixels[i * p->channels + channel] = level(v[i], range);
	}
	return 0;
}

int
picture_draw(const struct composite *c, const struct stretch *s, uint64_t max_memory,
    struct buf *scratch, struct picture *p, struct error *why)
{
	*p = (struct picture){.channels = c->channels};
	for (unsigned i = 0; i < (c->index ? 2 : c->channels); i++) {
		const struct band *b = &c->band[i];
		p->width = b->width > p->width ? b->width : p->width;
		p->height = b->height > p->height ? b->height : p->height;
	}
	if (!fits(p, max_memory)) {
		return error_memory(why,
		    "a picture of %zu x %zu pixels takes more memory than was allowed", p->width,
		    p->height);
	}
	size_t count = p->width * p->height;
	scratch->len = 0;
	p->pixels = malloc(count * p->channels);
	if (!p->pixels || buf_try_reserve(scratch, 2 * count * sizeof(double)) != 0) {
		free(p->pixels);
		return error_set(why, "out of memory");
	}
	double *v = (double *)(void *)scratch->data;
	if (draw_channels(c, s, p, v, v + count, why) == 0)
		return 0;
	free(p->pixels);
	return -1;
}
