#include "view/picture.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The pixel of `from` that shows at pixel i of `to`. */
static size_t
nearest(size_t i, size_t from, size_t to)
{
	return from == to ? i : (2 * i + 1) * from / (2 * to);
}

/* ---- levels ---- */

/* Values become levels from 0, of black, to 255. */
struct ramp {
	double black, scale, offset;
};

/* A single value is grey. */
static struct ramp
make_ramp(const double range[2])
{
	bool single = range[0] >= range[1];
	return (struct ramp){.black = range[0],
	    .scale = single ? 0 : 255 / (range[1] - range[0]),
	    .offset = single ? 128 : 0.5};
}

/* NaN is black. */
static unsigned char
level_of(struct ramp r, double value)
{
	double level = (value - r.black) * r.scale + r.offset;
	level = level > 0 ? level : 0;
	return (unsigned char)(int)(level < 255 ? level : 255);
}

/* Red, green or blue of a class. Codes of CORINE land cover (111 to 523) have the hue (0 to 6) of
 * their first digit: red for artificial surfaces, yellow, green, violet for wetlands, blue for
 * water. Other classes have hues that are far apart for neighbouring numbers, by the golden
 * ratio. */
static unsigned char
class_level(long class, unsigned channel)
{
	static const double corine[] = {0, 1, 2, 4.7, 3.6};
	double turns = (double)class * 0.618033988749895;
	double hue = class >= 111 && class <= 523
	                 ? corine[class / 100 - 1] + 0.2 * (double)(class / 10 % 4)
	                 : 6 * (turns - floor(turns));
	double saturation = 1 - 0.08 * (double)labs(class % 10);
	double brightness = 1 - 0.12 * (double)labs(class / 10 % 5);
	double k = fmod(5 - 2 * (double)channel + hue, 6);
	double part = fmax(0, fmin(fmin(k, 4 - k), 1));
	return (unsigned char)(255 * brightness * (1 - saturation * part) + 0.5);
}

/* Draws a channel of levels. */
static void
draw_levels(struct picture *p, unsigned channel, const struct band *b, const unsigned char *level)
{
	/* Local variables: the compiler has to expect that bytes change *p and *b. */
	size_t width = p->width, from = b->width, channels = p->channels;
	unsigned char *to = p->pixels + channel;
	for (size_t y = 0; y < p->height; y++) {
		const unsigned char *row = level + nearest(y, b->height, p->height) * from;
		for (size_t x = 0; x < width; x++, to += channels)
			*to = row[nearest(x, from, width)];
	}
}

/* ---- percentiles ---- */

/* How often each of some values occurs: of value first + b * step, bin[b] times. */
struct counts {
	double first, step;
	size_t total, begin, end; /* bins in use */
	uint32_t *bin;
};

/* A percentile, interpolated as by numpy.percentile. */
static double
find_percentile(const struct counts *c, double percent)
{
	double place = percent / 100 * (double)(c->total - 1);
	size_t rank = (size_t)place, bin = c->begin, passed = c->bin[bin];
	while (passed <= rank)
		passed += c->bin[++bin];
	size_t next = bin;
	while (passed <= rank + 1 && passed < c->total)
		passed += c->bin[++next];
	return c->first + c->step * ((double)bin + (double)(next - bin) * (place - (double)rank));
}

enum { BINS = 1 << 13 };

/* Values outside of the bins go into the first or the last one. */
static void
count_values(struct counts *c, const double *v, size_t count, double first, double last)
{
	uint32_t *bins = c->bin;
	c->first = first;
	c->step = last / BINS - first / BINS;
	double scale = 1 / c->step;
	memset(bins, 0, (BINS + 1) * sizeof *bins);
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		double bin = (v[i] - first) * scale + 0.5;
		bin = bin > 0 ? bin : 0;
		bins[(int)(bin < BINS ? bin : BINS)]++;
		total += isnan(v[i]) ? 0 : 1;
	}
	c->total = total;
	bins[0] -= (uint32_t)(count - total);
}

/* Percentiles become black and white; where they are equal, the minimum and the maximum. Counts of
 * integers are known; for other values, v, the bins suffice for 255 levels, unless some are far
 * away: then the part between is counted again. */
static void
find_range(
    struct counts *c, const double *v, size_t count, const struct stretch *s, double range[2])
{
	enum { ROUNDS = 200, ENOUGH = 16 /* part of the bins */ };
	double min = 0, max = 0;
	if (v) {
		elements_range(v, count, &min, &max);
	} else if (c->total > 0) {
		min = find_percentile(c, 0);
		max = find_percentile(c, 100);
	}
	double first = min, last = max;
	for (unsigned i = 0; i < ROUNDS && first < last; i++) {
		if (v)
			count_values(c, v, count, first, last);
		range[0] = find_percentile(c, s->low);
		range[1] = find_percentile(c, s->high);
		if (range[0] < range[1] && (!v || range[1] - range[0] >= c->step * BINS / ENOUGH))
			return;
		double nearer_first = fmax(range[0] - 2 * c->step, min);
		double nearer_last = fmin(range[1] + 2 * c->step, max);
		if (!v || (nearer_first <= first && nearer_last >= last))
			break;
		first = nearer_first;
		last = nearer_last;
	}
	/* No difference between the two is left. */
	range[0] = min <= max ? min : 0;
	range[1] = min <= max ? max : 0;
}

/* ---- drawing ---- */

struct drawing {
	const struct band_combination *c;
	const struct stretch *s;
	double range[3][2]; /* what becomes black and white */
	bool power;         /* radar bands are power, and become dB */
	/* The buffers, and in them: */
	struct picture_scratch *scratch;
	double *values[3]; /* of radar also VH, and the ratio */
	uint16_t *integers;
	unsigned char *levels;
	struct picture *p;
};

/* What is not drawn; NaN: there is none. */
static double
nodata_of(const struct drawing *d, const struct band *b)
{
	char kind = dtype_kind(b->dtype);
	if (d->s->has_nodata)
		return b->dtype == DTYPE_F32 ? (double)(float)d->s->nodata : d->s->nodata;
	return kind == 'u' || d->c->classes ? 0
	       : kind == 'i'                ? -ldexp(1, (int)dtype_bits(b->dtype) - 1)
	                                    : (double)NAN;
}

/* Reads the values of a band; NaN is not drawn. */
static void
read_values(const struct drawing *d, const struct band *b, double *v)
{
	size_t count = b->width * b->height;
	double nodata = nodata_of(d, b);
	elements_read(b->dtype, b->data, 0, count, v);
	for (size_t i = 0; i < count; i++) {
		if (v[i] == nodata || isinf(v[i]))
			v[i] = (double)NAN;
	}
}

/* Reads a band of integers of up to 16 bits, of which each has a bin of its own. */
static void
count_integers(const struct drawing *d, const struct band *b, struct counts *c)
{
	double offset = elements_offset(b->dtype), nodata = nodata_of(d, b) + offset;
	c->first = -offset;
	c->step = 1;
	c->total = b->width * b->height;
	elements_read_small(b->dtype, b->data, 0, c->total, d->integers);
	elements_count(d->integers, c->total, c->bin, &c->begin, &c->end);
	for (size_t i = c->begin; i < c->end; i++) {
		if ((double)i == nodata) {
			c->total -= c->bin[i];
			c->bin[i] = 0;
		}
	}
}

static void
to_decibels(double *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		v[i] = v[i] > 0 ? 10 * log10(v[i]) : (double)NAN;
}

/* Finds ranges in the totals, also whether radar is power: for all pictures alike. */
static int
find_scaled_ranges(struct drawing *d, struct error *why)
{
	const struct scale *scale[3];
	double median[3];
	d->power = d->c->radar;
	for (unsigned i = 0; i < d->c->channels; i++) {
		const struct band *b = &d->c->band[i];
		scale[i] = scales_find(d->s->scales, b->name, b->dtype, why);
		if (!scale[i])
			return -1;
		d->power &= scale_at(scale[i], 0) >= 0;
	}
	for (unsigned i = 0; i < d->c->channels; i++) {
		double *range = d->range[i];
		range[0] = scale_at(scale[i], d->s->low);
		range[1] = scale_at(scale[i], d->s->high);
		median[i] = scale_at(scale[i], 50);
		if (d->power && !(range[0] > 0))
			return error_set(why,
			    "percentile %g of '%s' is 0 in the totals, and 0 has no value in dB: "
			    "make the totals with 'rsenc-show --totals --json --nodata=0'",
			    d->s->low, scale[i]->name);
		if (d->power) {
			to_decibels(range, 2);
			to_decibels(&median[i], 1);
		} else if (range[0] == range[1]) { /* labels are mostly one value */
			range[0] = scale_at(scale[i], 0);
			range[1] = scale_at(scale[i], 100);
		}
	}
	/* Totals have no ratio: it is assumed to spread as far as VV, about the distance of the
	 * medians. */
	double half = (d->range[2][1] - d->range[2][0]) / 2;
	if (d->c->radar) {
		d->range[2][0] = median[0] - median[1] - half;
		d->range[2][1] = median[0] - median[1] + half;
	}
	return 0;
}

static void
draw_channel(struct drawing *d, unsigned channel)
{
	const struct band *b = &d->c->band[d->c->classes ? 0 : channel];
	const double *v = d->values[d->c->radar ? channel : 0];
	struct counts c = {.bin = d->scratch->bins};
	unsigned char *table = d->scratch->level;
	size_t count = b->width * b->height;
	bool small = !d->c->radar && dtype_is_small_integer(b->dtype);
	if (small)
		count_integers(d, b, &c);
	else if (!d->c->radar)
		read_values(d, b, d->values[0]);
	if (!d->s->scales)
		find_range(&c, small ? NULL : v, count, d->s, d->range[channel]);
	struct ramp ramp = make_ramp(d->range[channel]);
	for (size_t i = c.begin; i < c.end; i++)
		table[i] = c.bin[i] == 0   ? 0
		           : d->c->classes ? class_level((long)(c.first + (double)i), channel)
		                           : level_of(ramp, c.first + (double)i);
	for (size_t i = 0; i < count; i++)
		d->levels[i] = small ? table[d->integers[i]] : level_of(ramp, v[i]);
	draw_levels(d->p, channel, b, d->levels);
}

/* VV, VH, and their ratio, which is a difference of decibels. */
static void
read_radar(struct drawing *d)
{
	const struct band *vv = &d->c->band[0], *vh = &d->c->band[1];
	double *ratio = d->values[2], *v = d->values[0], min, max;
	for (unsigned i = 0; i < 2; i++) {
		const struct band *b = &d->c->band[i];
		read_values(d, b, d->values[i]);
		elements_range(d->values[i], b->width * b->height, &min, &max);
		/* Decibels have negative values, practically always. */
		if (!d->s->scales)
			d->power = (i == 0 || d->power) && min >= 0;
	}
	for (unsigned i = 0; i < 2 && d->power; i++)
		to_decibels(d->values[i], d->c->band[i].width * d->c->band[i].height);
	for (size_t y = 0; y < vv->height; y++) {
		const double *row = d->values[1] + nearest(y, vh->height, vv->height) * vh->width;
		for (size_t x = 0; x < vv->width; x++)
			*ratio++ = *v++ - row[nearest(x, vh->width, vv->width)];
	}
}

/* ---- pictures ---- */

/* Finds the size of the picture, and makes room for it. Returns 0, or -1 with the reason. */
static int
make_room(struct drawing *d, uint64_t max_memory, struct error *why)
{
	struct picture *p = d->p;
	struct picture_scratch *t = d->scratch;
	unsigned arrays = d->c->radar ? 3 : 1;
	size_t buffers = arrays * sizeof(double) + sizeof *d->integers + 1;
	uint64_t pixel = p->channels + buffers;
	for (unsigned i = 0; i < d->c->channels; i++) {
		const struct band *b = &d->c->band[i];
		p->width = b->width > p->width ? b->width : p->width;
		p->height = b->height > p->height ? b->height : p->height;
	}
	if (p->width > SIZE_MAX / pixel / p->height || p->width > max_memory / pixel / p->height)
		return error_memory(why,
		    "a picture of %zu x %zu pixels needs more memory than the limit of %" PRIu64
		    " bytes",
		    p->width, p->height, max_memory);
	size_t count = p->width * p->height;
	bool fits = buf_try_reserve(&t->memory, count * buffers) == 0;
	for (unsigned i = 0; i < arrays; i++)
		d->values[i] = (double *)(void *)t->memory.data + i * count;
	d->integers = (uint16_t *)(void *)(d->values[0] + arrays * count);
	d->levels = (unsigned char *)(d->integers + count);
	p->pixels = fits ? malloc(count * p->channels) : NULL;
	return p->pixels ? 0
	                 : error_set(why, "out of memory: %zu x %zu pixels", p->width, p->height);
}

int
picture_draw(const struct band_combination *c, const struct stretch *s, uint64_t max_memory,
    struct picture_scratch *scratch, struct picture *p, struct error *why)
{
	struct drawing d = {.c = c, .s = s, .scratch = scratch, .p = p};
	*p = (struct picture){.channels = c->classes ? 3 : c->channels};
	if ((s->scales && !c->classes && find_scaled_ranges(&d, why) != 0) ||
	    make_room(&d, max_memory, why) != 0)
		return -1;
	if (c->radar)
		read_radar(&d);
	for (unsigned i = 0; i < p->channels; i++)
		draw_channel(&d, i);
	return 0;
}
