#include "tensor/moments.h"

#include <math.h>

/* Knuth's two-sum: *sum + *rest grows by `value`, and nothing is lost. */
static void
sum_add(double *sum, double *rest, double value)
{
	double total = *sum + value;
	double taken = total - *sum;
	double lost = (*sum - (total - taken)) + (value - taken);
	*sum = total;
	/* An infinite sum has lost nothing: NaN would hide that it is infinite. */
	if (isfinite(total))
		*rest += lost;
}

enum { LANES = 4 }; /* sums that need not wait for each other's last addition */

static double
lanes_sum(const double lane[LANES])
{
	return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* The sum of the distances from `origin`, and the limits. */
static double
sum_block(struct moments *block, const double *values, size_t count, double origin)
{
	double sums[LANES] = {0}, min[LANES], max[LANES];
	for (size_t lane = 0; lane < LANES; lane++)
		min[lane] = max[lane] = values[0];
	for (size_t i = 0; i < count; i++) {
		size_t lane = i % LANES;
		sums[lane] += values[i] - origin;
		min[lane] = values[i] < min[lane] ? values[i] : min[lane];
		max[lane] = values[i] > max[lane] ? values[i] : max[lane];
	}
	block->min = fmin(fmin(min[0], min[1]), fmin(min[2], min[3]));
	block->max = fmax(fmax(max[0], max[1]), fmax(max[2], max[3]));
	return lanes_sum(sums);
}

void
moments_add(struct moments *m, double shift, const double *values, size_t count)
{
	double squares[LANES] = {0}, rests[LANES] = {0};
	struct moments block = {.count = count, .mean = shift};
	if (count == 0)
		return;
	/* With a large offset, differences of neighbours are exact, and sums are not. Those of huge
	 * numbers may be infinite. */
	double origin = fabs(values[0]) < 0x1p1000 ? values[0] : 0;
	double mean = sum_block(&block, values, count, origin) / (double)count;
	for (size_t i = 0; i < count; i++) {
		double d = values[i] - origin - mean;
		rests[i % LANES] += d;
		squares[i % LANES] += d * d;
	}
	/* The distances from the rounded mean add up to what rounding it lost. */
	double rest = lanes_sum(rests);
	sum_add(&block.mean, &block.mean_rest, origin);
	sum_add(&block.mean, &block.mean_rest, mean);
	sum_add(&block.mean, &block.mean_rest, isfinite(rest) ? rest / (double)count : 0);
	block.squares = fmax(lanes_sum(squares) - rest * rest / (double)count, 0);
	moments_merge(m, &block);
}

void
moments_merge(struct moments *m, const struct moments *other)
{
	if (other->count == 0)
		return;
	if (m->count == 0) {
		*m = *other;
		return;
	}
	double here = (double)m->count, there = (double)other->count;
	double apart = (other->mean - m->mean) + (other->mean_rest - m->mean_rest);
	double share = there / (here + there);
	sum_add(&m->squares, &m->squares_rest, other->squares);
	sum_add(&m->squares, &m->squares_rest, other->squares_rest);
	/* In this order: the product of a square and two counts may be too large for a double. */
	sum_add(&m->squares, &m->squares_rest, apart * apart * share * here);
	sum_add(&m->mean, &m->mean_rest, apart * share);
	m->count += other->count;
	m->min = fmin(m->min, other->min);
	m->max = fmax(m->max, other->max);
}

double
moments_deviation(const struct moments *m)
{
	if (m->count == 0)
		return (double)NAN;
	return sqrt((m->squares + m->squares_rest) / (double)m->count);
}
