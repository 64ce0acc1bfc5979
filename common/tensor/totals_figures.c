#include "tensor/elements.h"
#include "tensor/stats.h"
#include "tensor/totals_row.h"

#include <math.h>

const double totals_percents[TOTALS_PERCENTILES] = {1, 2, 50, 98, 99};

/* The next value of the counts that the figures are of, as counts_next; `f` gets the others, if it is
 * not NULL. */
static bool
next_counted(const struct totals_row *row, uint32_t *at, double *value, uint64_t *times,
    struct totals_figures *f)
{
	double nodata = nodata_for(row->nodata, row->dtype);
	/* What is rounded was sifted before. */
	bool sifted = !counts_exact(row->dtype);
	while (counts_next(&row->counts, at, value, times)) {
		if (sifted || (isfinite(*value) && *value != nodata))
			return true;
		if (!f)
			continue;
		f->nodata += *value == nodata ? *times : 0;
		f->nan += isnan(*value) ? *times : 0;
		f->infinite += isinf(*value) && *value != nodata ? *times : 0;
	}
	return false;
}

/* Sums of values that were all counted: each product with what it loses, so that the mean is
 * the exact one, rounded once. */
static void
figures_of_counts(const struct totals_row *row, struct totals_figures *f, struct stats *limits)
{
	double value, sum = 0, rest = 0, squares = 0, squares_rest = 0;
	uint64_t times;
	uint32_t at = 0;
	while (next_counted(row, &at, &value, &times, f)) {
		double product = value * (double)times;
		moments_sum(&sum, &rest, product);
		rest += fma(value, (double)times, -product);
		/* They come in rising order. */
		limits->min = f->finite == 0 ? value : limits->min;
		limits->max = value;
		f->zeros += value == 0 ? times : 0;
		f->finite += times;
	}
	f->mean = (sum + rest) / (double)f->finite;
	for (at = 0; next_counted(row, &at, &value, &times, NULL);) {
		double apart = value - f->mean;
		moments_sum(&squares, &squares_rest, apart * apart * (double)times);
	}
	f->deviation = sqrt((squares + squares_rest) / (double)f->finite);
}

static void
figures_of_moments(const struct totals_row *row, struct totals_figures *f, struct stats *limits)
{
	const struct totals_part *all = &row->all;
	f->nan = all->nan;
	f->infinite = all->infinite;
	f->nodata = all->nodata;
	f->zeros = all->zeros;
	f->finite = all->moments.count;
	f->mean = moments_mean(&all->moments);
	f->deviation = moments_deviation(&all->moments);
	limits->min = all->moments.min;
	limits->max = all->moments.max;
	limits->least_key = all->least_key;
	limits->most_key = all->most_key;
	if (!whole_dtype(row->dtype))
		return;
	/* Moments are of distances from the first number: of these only the deviation holds. */
	f->mean = whole_mean(&all->sum, f->finite, row->dtype, row->first_key);
	limits->min = whole_number(row->dtype, all->least_key);
	limits->max = whole_number(row->dtype, all->most_key);
}

/* Between two values by linear interpolation, as numpy does it and rsenc-view. */
static void
find_percentiles(const struct totals_row *row, struct totals_figures *f, const struct stats *limits)
{
	double value, place[TOTALS_PERCENTILES], below[TOTALS_PERCENTILES];
	uint64_t times, passed = 0;
	uint32_t at = 0;
	for (unsigned p = 0; p < TOTALS_PERCENTILES; p++) {
		place[p] = totals_percents[p] / 100 * (double)(f->finite - 1);
		f->percentile[p] = below[p] = limits->max;
	}
	while (next_counted(row, &at, &value, &times, NULL)) {
		/* Rounding may have left the range. */
		value = value < limits->min ? limits->min : value;
		value = value > limits->max ? limits->max : value;
		for (unsigned p = 0; p < TOTALS_PERCENTILES; p++) {
			uint64_t rank = (uint64_t)place[p];
			if (rank >= passed && rank < passed + times)
				f->percentile[p] = below[p] = value;
			if (rank + 1 >= passed && rank + 1 < passed + times)
				f->percentile[p] = below[p] +
				                   (value - below[p]) * (place[p] - (double)rank);
		}
		passed += times;
	}
}

void
totals_figures(const struct totals *t, size_t i, struct totals_figures *f)
{
	const struct totals_row *row = t->rows[i];
	*f = (struct totals_figures){.name = row->name,
	    .dtype = row->dtype,
	    .measured = dtype_size(row->dtype) > 0,
	    .again = row->again,
	    .other = row->other,
	    .patches = row->patches,
	    .count = row->count};
	struct stats limits = {.dtype = row->dtype, .min = (double)NAN, .max = (double)NAN};
	if (!f->measured)
		return;
	if (counts_exact(row->dtype))
		figures_of_counts(row, f, &limits);
	else
		figures_of_moments(row, f, &limits);
	limits.finite = f->finite;
	if (f->finite > 0) {
		find_percentiles(row, f, &limits);
	} else {
		limits.min = limits.max = f->mean = f->deviation = (double)NAN;
		for (unsigned p = 0; p < TOTALS_PERCENTILES; p++)
			f->percentile[p] = (double)NAN;
	}
	stats_limits(&limits, f->min, f->max);
}
