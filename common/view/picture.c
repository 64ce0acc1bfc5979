#include "view/picture.h"

#include "tensor/elements.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* The pixel of `from` that shows at pixel i of `to`. */
static size_t
nearest(size_t i, size_t from, size_t to)
{
	return from == to ? i : (2 * i + 1) * from / (2 * to);
}

/* ---- values ---- */

/* What is not drawn; NaN: there is none. */
static double
nodata_of(const struct band *b, const struct stretch *s)
{
	if (s->has_nodata)
		return b->dtype == DTYPE_F32 ? (double)(float)s->nodata : s->nodata;
	char kind = dtype_kind(b->dtype);
	return kind == 'u'   ? 0
	       : kind == 'i' ? -ldexp(1, (int)dtype_bits(b->dtype) - 1)
	                     : (double)NAN;
}

/* The values of a band; NaN is not drawn. */
static double *
read_values(const struct band *b, double nodata, const struct buf *to)
{
	size_t count = b->width * b->height;
	double *v = (double *)(void *)to->data;
	elements_read(b->dtype, b->data, 0, count, v);
	for (size_t i = 0; i < count; i++) {
		if (v[i] == nodata || isinf(v[i]))
			v[i] = (double)NAN;
	}
	return v;
}

/* The minimum and the maximum: 0 and 0 without any number. */
static void
find_limits(const double *v, size_t count, double limits[2])
{
	/* Every fourth value by itself: a minimum waits for the one before it. */
	double low[4] = {INFINITY, INFINITY, INFINITY, INFINITY};
	double high[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
	for (size_t i = 0; i < count; i++) {
		low[i % 4] = v[i] < low[i % 4] ? v[i] : low[i % 4];
		high[i % 4] = v[i] > high[i % 4] ? v[i] : high[i % 4];
	}
	limits[0] = fmin(fmin(low[0], low[1]), fmin(low[2], low[3]));
	limits[1] = fmax(fmax(high[0], high[1]), fmax(high[2], high[3]));
	if (limits[0] > limits[1])
		limits[0] = limits[1] = 0;
}

static void
to_decibels(double *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		v[i] = v[i] > 0 ? 10 * log10(v[i]) : (double)NAN;
}

/* ---- percentiles ---- */

enum { BINS = 1 << 13 };

/* The numbers among some values, counted in bins of one width. */
struct counts {
	double first, step; /* the value of bin b is first + b * step */
	size_t total;
	uint32_t bin[BINS + 1];
};

/* Values outside of the bins go into the first or the last one. */
static void
count_values(struct counts *c, const double *v, size_t count)
{
	double scale = 1 / c->step;
	for (size_t i = 0; i < count; i++) {
		double bin = (v[i] - c->first) * scale + 0.5;
		if (isnan(v[i]))
			continue;
		c->bin[bin >= BINS ? BINS : bin >= 1 ? (size_t)bin : 0]++;
		c->total++;
	}
}

/* A percentile, interpolated as by numpy.percentile. */
static double
find_percentile(const struct counts *c, double percent)
{
	double place = percent / 100 * (double)(c->total - 1);
	size_t rank = (size_t)place, bin = 0, passed = c->bin[0];
	while (passed <= rank)
		passed += c->bin[++bin];
	size_t next = bin;
	while (passed <= rank + 1 && passed < c->total)
		passed += c->bin[++next];
	return c->first + c->step * ((double)bin + (double)(next - bin) * (place - (double)rank));
}

/* Percentiles of values; equal ones are replaced by the minimum and the maximum. The bins suffice
 * for 255 levels, unless some values are far away: then the part between is counted again. */
static void
find_range(const double *v, size_t count, const struct stretch *s, double range[2])
{
	enum { ROUNDS = 200, ENOUGH = 16 /* part of the bins */ };
	double limits[2];
	find_limits(v, count, limits);
	double first = limits[0], last = limits[1];
	for (unsigned i = 0; i < ROUNDS && first < last; i++) {
		struct counts c = {.first = first, .step = last / BINS - first / BINS};
		count_values(&c, v, count);
		range[0] = find_percentile(&c, s->low);
		range[1] = find_percentile(&c, s->high);
		if (range[0] < range[1] && range[1] - range[0] >= c.step * BINS / ENOUGH)
			return;
		double nearer_first = fmax(range[0] - 2 * c.step, limits[0]);
		double nearer_last = fmin(range[1] + 2 * c.step, limits[1]);
		if (nearer_first <= first && nearer_last >= last)
			break;
		first = nearer_first;
		last = nearer_last;
	}
	/* No difference between the two is left. */
	range[0] = limits[0];
	range[1] = limits[1];
}

/* ---- channels ---- */

/* Draws a channel of values, from black to white between the two of `range`. */
static void
draw_channel(struct picture *p, unsigned channel, const struct band *b, const double *v,
    const double range[2])
{
	bool single = range[0] >= range[1];
	double scale = single ? 0 : 255 / (range[1] - range[0]), offset = single ? 128 : 0.5;
	unsigned char *to = p->pixels + channel;
	for (size_t y = 0; y < p->height; y++) {
		const double *row = v + nearest(y, b->height, p->height) * b->width;
		for (size_t x = 0; x < p->width; x++, to += p->channels) {
			double value = row[nearest(x, b->width, p->width)];
			double level = (value - range[0]) * scale + offset;
			*to = level >= 255 ? 255 : level >= 1 ? (unsigned char)level : 0;
		}
	}
}

/* Red, green or blue of a hue (0 to 6) with a saturation and a brightness (0 to 1). */
static unsigned char
hue_channel(double hue, double saturation, double brightness, unsigned channel)
{
	double k = fmod(5 - 2 * (double)channel + hue, 6);
	double part = fmax(0, fmin(fmin(k, 4 - k), 1));
	return (unsigned char)(255 * brightness * (1 - saturation * part) + 0.5);
}

/* Codes of CORINE land cover (111 to 523) have the hue of their first digit: red for artificial
 * surfaces, yellow, green, violet for wetlands, blue for water. Other classes have hues that are
 * far apart for neighbouring numbers. */
static unsigned char
class_level(long class, unsigned channel)
{
	static const double corine[] = {0, 1, 2, 4.7, 3.6};
	if (class >= 111 && class <= 523 && class / 100 <= 5) {
		long group = class / 10 % 10, member = class % 10;
		return hue_channel(corine[class / 100 - 1] + 0.2 * (double)(group % 4),
		    1 - 0.08 * (double)(member % 10), 1 - 0.12 * (double)(group % 5), channel);
	}
	double turns = (double)class * 0.618033988749895; /* the golden ratio */
	return hue_channel(
	    6 * (turns - floor(turns)), class % 2 ? 0.8 : 0.55, class % 3 ? 0.95 : 0.7, channel);
}

/* Draws a map of classes, a colour for each. Nodata is black. */
static void
draw_classes(struct picture *p, const double *v)
{
	unsigned char *to = p->pixels;
	for (size_t i = 0; i < p->width * p->height; i++) {
		for (unsigned c = 0; c < 3; c++)
			*to++ = isnan(v[i]) ? 0 : class_level((long)v[i], c);
	}
}

/* ---- drawing ---- */

struct drawing {
	const struct band_combination *c;
	const struct stretch *s;
	const struct scale *scale[3]; /* of the bands, with totals; else NULL */
	bool power;                   /* radar bands are power, and become dB */
	struct picture *p;
};

static int
find_scales(struct drawing *d, struct error *why)
{
	for (unsigned i = 0; d->s->scales && i < d->c->channels; i++) {
		const struct band *b = &d->c->band[i];
		d->scale[i] = scales_find(d->s->scales, b->name, b->tensor, b->dtype, why);
		if (!d->scale[i])
			return -1;
	}
	return 0;
}

/* Whether radar bands are power: decibels have negative values, practically always. With totals
 * they decide, for all pictures alike. */
static bool
is_power(const struct drawing *d, double *const v[2])
{
	bool negative = false;
	for (unsigned i = 0; i < 2; i++) {
		double limits[2];
		find_limits(v[i], d->c->band[i].width * d->c->band[i].height, limits);
		negative |= (d->scale[i] ? scale_at(d->scale[i], 0) : limits[0]) < 0;
	}
	return !negative;
}

/* A percentile of a band in the totals. */
static int
scaled_value(
    const struct drawing *d, unsigned channel, double percent, double *value, struct error *why)
{
	*value = scale_at(d->scale[channel], percent);
	if (d->power && *value <= 0)
		return error_set(why,
		    "percentile %g of '%s' is 0 in the totals, and 0 has no value in dB: make the "
		    "totals with "
		    "'rsenc-show --totals --json --nodata=0'",
		    percent, d->scale[channel]->name);
	*value = d->power ? 10 * log10(*value) : *value;
	return 0;
}

static int
find_scaled_range(const struct drawing *d, unsigned channel, double range[2], struct error *why)
{
	double median[2];
	if (scaled_value(d, channel, d->s->low, &range[0], why) != 0 ||
	    scaled_value(d, channel, d->s->high, &range[1], why) != 0)
		return -1;
	/* As for a picture's own percentiles: labels are mostly one value. */
	if (range[0] == range[1] && !d->power) {
		range[0] = scale_at(d->scale[channel], 0);
		range[1] = scale_at(d->scale[channel], 100);
	}
	if (!d->c->radar || channel < 2)
		return 0;
	/* Totals have no ratio: it is assumed to spread as far as VV, about the distance of the
	 * medians. */
	if (scaled_value(d, 0, 50, &median[0], why) != 0 ||
	    scaled_value(d, 1, 50, &median[1], why) != 0)
		return -1;
	double half = (range[1] - range[0]) / 2;
	range[0] = median[0] - median[1] - half;
	range[1] = median[0] - median[1] + half;
	return 0;
}

static int
draw_values(const struct drawing *d, unsigned channel, const double *v, struct error *why)
{
	double range[2];
	const struct band *b = &d->c->band[channel];
	if (!d->scale[channel])
		find_range(v, b->width * b->height, d->s, range);
	else if (find_scaled_range(d, channel, range, why) != 0)
		return -1;
	draw_channel(d->p, channel, b, v, range);
	return 0;
}

/* VV, VH, and their ratio, which is a difference of decibels. */
static int
draw_radar(struct drawing *d, const struct picture_scratch *scratch, struct error *why)
{
	double *v[3] = {[2] = (double *)(void *)scratch->values[2].data};
	const struct band *vv = &d->c->band[0], *vh = &d->c->band[1];
	for (unsigned i = 0; i < 2; i++)
		v[i] = read_values(
		    &d->c->band[i], nodata_of(&d->c->band[i], d->s), &scratch->values[i]);
	d->power = is_power(d, v);
	for (unsigned i = 0; i < 2 && d->power; i++)
		to_decibels(v[i], d->c->band[i].width * d->c->band[i].height);
	for (size_t y = 0; y < vv->height; y++) {
		const double *row = v[1] + nearest(y, vh->height, vv->height) * vh->width;
		for (size_t x = 0; x < vv->width; x++)
			v[2][y * vv->width + x] = v[0][y * vv->width + x] -
			                          row[nearest(x, vh->width, vv->width)];
	}
	for (unsigned i = 0; i < 3; i++) {
		if (draw_values(d, i, v[i], why) != 0)
			return -1;
	}
	return 0;
}

static int
draw_bands(const struct drawing *d, const struct picture_scratch *scratch, struct error *why)
{
	for (unsigned i = 0; i < d->c->channels; i++) {
		const struct band *b = &d->c->band[i];
		const double *v = read_values(b, nodata_of(b, d->s), &scratch->values[0]);
		if (draw_values(d, i, v, why) != 0)
			return -1;
	}
	return 0;
}

/* Finds the size of the picture, and makes room for it. Returns 0, or -1 with the reason. */
static int
make_room(const struct band_combination *c, uint64_t max_memory, struct picture_scratch *scratch,
    struct picture *p, struct error *why)
{
	unsigned arrays = c->radar ? 3 : 1;
	uint64_t pixel = p->channels + arrays * sizeof(double);
	for (unsigned i = 0; i < c->channels; i++) {
		const struct band *b = &c->band[i];
		p->width = b->width > p->width ? b->width : p->width;
		p->height = b->height > p->height ? b->height : p->height;
	}
	if (p->width > SIZE_MAX / pixel / p->height || p->width > max_memory / pixel / p->height)
		return error_memory(why,
		    "a picture of %zu x %zu pixels needs more memory than the limit of %" PRIu64
		    " bytes",
		    p->width, p->height, max_memory);
	size_t count = p->width * p->height;
	int bad = 0;
	for (unsigned i = 0; i < arrays; i++)
		bad |= buf_try_reserve(&scratch->values[i], count * sizeof(double));
	p->pixels = bad ? NULL : malloc(count * p->channels);
	return p->pixels ? 0
	                 : error_set(why, "out of memory: %zu x %zu pixels", p->width, p->height);
}

int
picture_draw(const struct band_combination *c, const struct stretch *s, uint64_t max_memory,
    struct picture_scratch *scratch, struct picture *p, struct error *why)
{
	const struct band *b = &c->band[0];
	*p = (struct picture){.channels = c->classes ? 3 : c->channels};
	if (make_room(c, max_memory, scratch, p, why) != 0)
		return -1;
	struct drawing d = {.c = c, .s = s, .p = p};
	int status = 0;
	if (c->classes)
		draw_classes(p, read_values(b, s->has_nodata ? s->nodata : 0, &scratch->values[0]));
	else if (find_scales(&d, why) != 0)
		status = -1;
	else
		status = c->radar ? draw_radar(&d, scratch, why) : draw_bands(&d, scratch, why);
	if (status != 0)
		free(p->pixels);
	return status;
}

void
picture_scratch_free(struct picture_scratch *scratch)
{
	for (unsigned i = 0; i < 3; i++)
		buf_free(&scratch->values[i]);
}
