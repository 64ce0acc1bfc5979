#include "view/gradation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Keys of values that are not integers: enough for 255 levels, and no more to look at. */
enum { BLANK = 0, FIRST = 1, LAST = (1 << 13) - 1 };

void
gradation_start(struct gradation *g, uint16_t *keys, void *memory)
{
	*g = (struct gradation){.keys = keys, .counts = memory};
	g->levels = (unsigned char *)memory + GRADATION_KEYS * sizeof *g->counts;
}

static double
value_of_key(const struct gradation *g, size_t key)
{
	return g->offset + (double)key * g->step;
}

/* Counts the keys, which lie between g->first and g->last, without `blank` (-1: none is blank).
 * Returns how many values there are. */
static size_t
count_keys(struct gradation *g, size_t count, long blank)
{
	/* Most bands have values in a small part of the range. */
	memset(g->counts + g->first, 0, (g->last + 1 - g->first) * sizeof *g->counts);
	for (size_t i = 0; i < count; i++)
		g->counts[g->keys[i]]++;
	if (blank < (long)g->first || blank > (long)g->last)
		return count;
	size_t blanks = g->counts[blank];
	g->counts[blank] = 0;
	g->levels[blank] = 0;
	return count - blanks;
}

/* The values at two percentiles of `total` > 0, interpolated as by numpy.percentile. */
static void
find_percentiles(const struct gradation *g, size_t total, double low, double high, double values[2])
{
	const double percents[2] = {low, high};
	for (unsigned i = 0; i < 2; i++) {
		double place = percents[i] / 100 * (double)(total - 1);
		size_t rank = (size_t)place, key = g->first, passed = g->counts[key];
		while (passed <= rank)
			passed += g->counts[++key];
		size_t next = key;
		while (passed <= rank + 1 && passed < total)
			passed += g->counts[++next];
		values[i] = value_of_key(g, key);
		values[i] += (value_of_key(g, next) - values[i]) * (place - (double)rank);
	}
}

static void
set_levels(struct gradation *g, const double range[2])
{
	bool single = range[0] == range[1];
	double scale = single ? 0 : 255 / (range[1] - range[0]);
	for (size_t key = g->first; key <= g->last; key++) {
		double level = (value_of_key(g, key) - range[0]) * scale + 0.5;
		if (g->counts[key] > 0)
			g->levels[key] = single         ? 128
			                 : level >= 255 ? 255
			                 : level >= 1   ? (unsigned char)level
			                                : 0;
	}
}

/* The key of nodata, or -1 if no key has that value. */
static long
blank_key(const struct gradation *g, double nodata)
{
	double key = nodata - g->offset;
	return key >= 0 && key < GRADATION_KEYS && key == floor(key) ? (long)key : -1;
}

/* Counts keys that are integers. */
static size_t
count_integers(struct gradation *g, size_t count, int zero, double nodata)
{
	uint16_t first = g->keys[0], last = first;
	for (size_t i = 0; i < count; i++) {
		first = g->keys[i] < first ? g->keys[i] : first;
		last = g->keys[i] > last ? g->keys[i] : last;
	}
	g->first = first;
	g->last = last;
	g->offset = -(double)zero;
	g->step = 1;
	return count_keys(g, count, blank_key(g, nodata));
}

void
gradation_of_integers(struct gradation *g, size_t count, int zero, double nodata, double low,
    double high, const double *range)
{
	double own[2];
	size_t total = count_integers(g, count, zero, nodata);
	if (total > 0 && !range) {
		find_percentiles(g, total, low, high, own);
		if (own[0] == own[1])
			find_percentiles(g, total, 0, 100, own);
		range = own;
	}
	if (total > 0)
		set_levels(g, range);
}

/* ---- values that are not integers ---- */

/* Keys of the values from `first` to `last`; those outside get the first or the last key. */
static size_t
make_keys(struct gradation *g, const double *values, size_t count, double first, double last)
{
	g->step = last / (LAST - FIRST) - first / (LAST - FIRST);
	g->offset = first - FIRST * g->step;
	g->first = BLANK;
	g->last = LAST;
	double scale = 1 / g->step;
	for (size_t i = 0; i < count; i++) {
		double key = (values[i] - first) * scale + (FIRST + 0.5);
		uint16_t inside = key >= LAST ? LAST : key >= FIRST ? (uint16_t)key : FIRST;
		g->keys[i] = isnan(values[i]) ? BLANK : inside;
	}
	return count_keys(g, count, BLANK);
}

/* The least and the greatest value. Returns false if there is none. */
static bool
find_limits(const double *values, size_t count, double limits[2])
{
	limits[0] = (double)INFINITY;
	limits[1] = -(double)INFINITY;
	for (size_t i = 0; i < count; i++) {
		limits[0] = values[i] < limits[0] ? values[i] : limits[0];
		limits[1] = values[i] > limits[1] ? values[i] : limits[1];
	}
	return limits[0] <= limits[1];
}

/* Percentiles of the values. If few keys lie between the two, because some values are far away, the
 * keys are made again of the part between. */
static void
find_range(struct gradation *g, const double *values, size_t count, double low, double high,
    const double limits[2], double range[2])
{
	enum { ROUNDS = 200, ENOUGH = 4 }; /* a round divides the range by 4 or more */
	double first = limits[0], last = limits[1];
	for (unsigned i = 0; i < ROUNDS && first < last; i++) {
		size_t total = make_keys(g, values, count, first, last);
		find_percentiles(g, total, low, high, range);
		if (range[1] - range[0] >= (last - first) / ENOUGH)
			return;
		double nearer_first = fmax(range[0] - 2 * g->step, limits[0]);
		double nearer_last = fmin(range[1] + 2 * g->step, limits[1]);
		if (nearer_first <= first && nearer_last >= last)
			break;
		first = nearer_first;
		last = nearer_last;
	}
	/* No difference between the two is left. */
	range[0] = limits[0];
	range[1] = limits[1];
}

void
gradation_of_values(struct gradation *g, const double *values, size_t count, double low,
    double high, const double *range)
{
	double limits[2], own[2];
	if (!find_limits(values, count, limits)) {
		g->step = 1;
		make_keys(g, values, count, 0, 1);
		return;
	}
	if (!range) {
		find_range(g, values, count, low, high, limits, own);
		range = own;
	}
	/* Values outside of the range are black or white. */
	bool single = range[0] == range[1];
	make_keys(
	    g, values, count, single ? range[0] - 1 : range[0], single ? range[0] + 1 : range[1]);
	set_levels(g, range);
}

/* ---- classes ---- */

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

void
gradation_of_classes(struct gradation *g, size_t count, int zero, double nodata, unsigned channel)
{
	count_integers(g, count, zero, nodata);
	for (size_t key = g->first; key <= g->last; key++) {
		if (g->counts[key] > 0)
			g->levels[key] = class_level((long)key - zero, channel);
	}
}
