#include "view/picture.h"

#include "tensor/elements.h"
#include "tensor/histogram.h"
#include "tensor/le.h"
#include "view/gradation.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* The pixel of `from` that shows at pixel i of `to`. */
static size_t
nearest(size_t i, size_t from, size_t to)
{
	return from == to ? i : (2 * i + 1) * from / (2 * to);
}

static double
nodata_of(const struct band *b, const struct stretch *s)
{
	if (!s->nodata.set && dtype_is_unsigned(b->dtype))
		return 0;
	if (!s->nodata.set && dtype_is_signed(b->dtype))
		return -ldexp(1, (int)dtype_bits(b->dtype) - 1);
	return nodata_for(&s->nodata, b->dtype);
}

/* ---- integers of up to 16 bits ---- */

/* Keys of 16 bits, in the order of the values. Returns the key of the value 0. */
static int
integer_keys(const struct band *b, uint16_t *keys)
{
	const unsigned char *p = (const unsigned char *)b->data;
	size_t count = b->width * b->height, size = dtype_size(b->dtype);
	int zero = dtype_is_signed(b->dtype) ? 0x8000 : 0;
	for (size_t i = 0; i < count && size == 2; i++)
		keys[i] = (uint16_t)(le16(p + 2 * i) ^ zero);
	for (size_t i = 0; i < count && size == 1; i++)
		keys[i] = (uint16_t)(zero ? zero + (int8_t)p[i] : p[i]);
	return zero;
}

/* ---- other elements ---- */

/* The values of a band; NaN is not drawn. */
static double *
read_values(const struct band *b, const struct stretch *s, const struct buf *to)
{
	size_t count = b->width * b->height;
	double nodata = nodata_of(b, s), *v = (double *)(void *)to->data;
	elements_read(b->dtype, b->data, 0, count, v);
	for (size_t i = 0; i < count; i++) {
		if (v[i] == nodata || isinf(v[i]))
			v[i] = (double)NAN;
	}
	return v;
}

static bool
has_negative(const double *v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (v[i] < 0)
			return true;
	}
	return false;
}

static void
to_decibels(double *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		v[i] = v[i] > 0 ? 10 * log10(v[i]) : (double)NAN;
}

/* ---- channels ---- */

/* One channel while it is drawn. */
struct channel {
	const struct band *band;
	struct picture *picture;
	unsigned number;
	struct gradation g;
};

static void
put_pixels(const struct channel *ch)
{
	const struct picture *p = ch->picture;
	unsigned char *to = p->pixels + ch->number;
	for (size_t y = 0; y < p->height; y++) {
		const uint16_t *row = ch->g.keys +
		                      nearest(y, ch->band->height, p->height) * ch->band->width;
		for (size_t x = 0; x < p->width; x++, to += p->channels)
			*to = ch->g.levels[row[nearest(x, ch->band->width, p->width)]];
	}
}

/* Draws the channel from its keys, or from `values` if there are some. `range` is NULL, or that of
 * the totals. */
static void
draw_channel(struct channel *ch, const double *values, const struct stretch *s, const double *range)
{
	struct gradation *g = &ch->g;
	size_t count = ch->band->width * ch->band->height;
	if (values) {
		gradation_of_values(g, values, count, s->low, s->high, range);
	} else {
		double nodata = nodata_of(ch->band, s);
		int zero = integer_keys(ch->band, g->keys);
		gradation_of_integers(g, count, zero, nodata, s->low, s->high, range);
	}
	put_pixels(ch);
}

/* ---- ranges of totals ---- */

/* A percentile of a band, in dB if it is power. */
static int
scaled_value(
    const struct scale *scale, double percent, bool power, double *value, struct error *why)
{
	*value = scale_at(scale, percent);
	if (power && *value <= 0)
		return error_set(why,
		    "percentile %g of '%s' is 0 in the totals, which has no dB: make them with "
		    "'rsenc-show --totals --json --nodata=0'",
		    percent, scale->name);
	if (power)
		*value = 10 * log10(*value);
	return 0;
}

static int
find_scaled_range(const struct band_combination *c, unsigned channel, bool power,
    const struct stretch *s, double range[2], struct error *why)
{
	const unsigned bands[2] = {channel, c->radar ? 1 : channel};
	const struct scale *scale[2];
	double median[2];
	for (unsigned i = 0; i < 2; i++) {
		const struct band *b = &c->band[bands[i]];
		scale[i] = scales_find(s->scales, b->name, b->tensor, b->dtype, why);
		if (!scale[i])
			return -1;
	}
	if (scaled_value(scale[0], s->low, power, &range[0], why) != 0 ||
	    scaled_value(scale[0], s->high, power, &range[1], why) != 0)
		return -1;
	/* As for a picture's own percentiles: labels are mostly one value. */
	if (range[0] == range[1] && !power) {
		range[0] = scale_at(scale[0], 0);
		range[1] = scale_at(scale[0], 100);
	}
	if (!c->radar || channel < 2)
		return 0;
	/* Totals have no ratio: it is assumed to spread as far as VV, about the distance of the
	 * medians. */
	for (unsigned i = 0; i < 2; i++) {
		if (scaled_value(scale[i], 50, power, &median[i], why) != 0)
			return -1;
	}
	double half = (range[1] - range[0]) / 2;
	range[0] = median[0] - median[1] - half;
	range[1] = median[0] - median[1] + half;
	return 0;
}

/* Whether radar bands are power: decibels have negative values, practically always. With totals
 * they decide, for all pictures alike. Returns 0 or 1, or -1 with the reason. */
static int
find_power(const struct band_combination *c, const struct stretch *s, double *const v[2],
    struct error *why)
{
	bool negative = false;
	for (unsigned i = 0; i < 2; i++) {
		const struct band *b = &c->band[i];
		if (s->scales) {
			const struct scale *scale = scales_find(
			    s->scales, b->name, b->tensor, b->dtype, why);
			if (!scale)
				return -1;
			negative |= scale_at(scale, 0) < 0;
		} else {
			negative |= has_negative(v[i], b->width * b->height);
		}
	}
	return !negative;
}

/* ---- drawing ---- */

/* VV, VH, and their ratio, which is a difference of decibels. */
static int
draw_radar(struct channel *ch, const struct band_combination *c, const struct stretch *s,
    struct picture_scratch *scratch, struct error *why)
{
	double range[2], *v[2];
	const struct band *vv = &c->band[0], *vh = &c->band[1];
	for (unsigned i = 0; i < 2; i++)
		v[i] = read_values(&c->band[i], s, &scratch->values[i]);
	int power = find_power(c, s, v, why);
	if (power < 0)
		return -1;
	for (unsigned i = 0; i < 2 && power; i++)
		to_decibels(v[i], c->band[i].width * c->band[i].height);
	double *ratio = (double *)(void *)scratch->values[2].data;
	for (size_t y = 0; y < vv->height; y++) {
		const double *row = v[1] + nearest(y, vh->height, vv->height) * vh->width;
		for (size_t x = 0; x < vv->width; x++)
			ratio[y * vv->width + x] = v[0][y * vv->width + x] -
			                           row[nearest(x, vh->width, vv->width)];
	}
	double *const values[] = {v[0], v[1], ratio};
	for (unsigned i = 0; i < 3; i++) {
		if (s->scales && find_scaled_range(c, i, power, s, range, why) != 0)
			return -1;
		ch->number = i;
		ch->band = &c->band[i];
		draw_channel(ch, values[i], s, s->scales ? range : NULL);
	}
	return 0;
}

static int
draw_bands(struct channel *ch, const struct band_combination *c, const struct stretch *s,
    struct picture_scratch *scratch, struct error *why)
{
	double range[2];
	for (unsigned i = 0; i < c->channels; i++) {
		const struct band *b = &c->band[i];
		if (s->scales && find_scaled_range(c, i, false, s, range, why) != 0)
			return -1;
		ch->number = i;
		ch->band = b;
		const double *values = histogram_is_exact(b->dtype)
		                           ? NULL
		                           : read_values(b, s, &scratch->values[0]);
		draw_channel(ch, values, s, s->scales ? range : NULL);
	}
	return 0;
}

static void
draw_classes(struct channel *ch, const struct band_combination *c, const struct stretch *s)
{
	const struct band *b = ch->band = &c->band[0];
	int zero = integer_keys(b, ch->g.keys);
	for (ch->number = 0; ch->number < 3; ch->number++) {
		gradation_of_classes(&ch->g, b->width * b->height, zero,
		    s->nodata.set ? nodata_of(b, s) : 0, ch->number);
		put_pixels(ch);
	}
}

/* Arrays of doubles that drawing needs. */
static unsigned
arrays_needed(const struct band_combination *c)
{
	unsigned arrays = c->radar ? 3 : 0;
	for (unsigned i = 0; i < c->channels && arrays == 0; i++)
		arrays = !histogram_is_exact(c->band[i].dtype);
	return arrays;
}

/* Finds the size of the picture, and makes room for it. Returns 0, or -1 with the reason. */
static int
make_room(const struct band_combination *c, uint64_t max_memory, struct picture_scratch *scratch,
    struct picture *p, struct error *why)
{
	unsigned arrays = arrays_needed(c);
	uint64_t pixel = p->channels + sizeof(uint16_t) + arrays * sizeof(double);
	for (unsigned i = 0; i < c->channels; i++) {
		const struct band *b = &c->band[i];
		p->width = b->width > p->width ? b->width : p->width;
		p->height = b->height > p->height ? b->height : p->height;
	}
	if (p->width > SIZE_MAX / pixel / p->height || p->width > max_memory / pixel / p->height)
		return error_set(why,
		    "a picture of %zu x %zu pixels needs more memory than the limit of %" PRIu64
		    " bytes: raise it with -M",
		    p->width, p->height, max_memory);
	size_t count = p->width * p->height;
	int bad = buf_try_reserve(&scratch->keys, count * sizeof(uint16_t));
	for (unsigned i = 0; i < arrays; i++)
		bad |= buf_try_reserve(&scratch->values[i], count * sizeof(double));
	p->pixels = malloc(count * p->channels);
	if (bad || !p->pixels) {
		free(p->pixels);
		return error_set(why, "out of memory: %zu x %zu pixels", p->width, p->height);
	}
	return 0;
}

int
picture_draw(const struct band_combination *c, const struct stretch *s, uint64_t max_memory,
    struct picture_scratch *scratch, struct picture *p, struct error *why)
{
	*p = (struct picture){.channels = c->classes ? 3 : c->channels};
	if (make_room(c, max_memory, scratch, p, why) != 0)
		return -1;
	struct channel ch = {.picture = p};
	buf_reserve(&scratch->tables, GRADATION_BYTES);
	gradation_start(&ch.g, (uint16_t *)(void *)scratch->keys.data, scratch->tables.data);
	int status = 0;
	if (c->classes)
		draw_classes(&ch, c, s);
	else if (c->radar)
		status = draw_radar(&ch, c, s, scratch, why);
	else
		status = draw_bands(&ch, c, s, scratch, why);
	if (status != 0)
		free(p->pixels);
	return status;
}

void
picture_scratch_free(struct picture_scratch *scratch)
{
	for (unsigned i = 0; i < 3; i++)
		buf_free(&scratch->values[i]);
	buf_free(&scratch->keys);
	buf_free(&scratch->tables);
}
