#include "tensor/moments.h"

#include <math.h>

/* Knuth's two-sum: what the addition rounds away is itself a double, and found without a test of
 * which is the larger. */
void
moments_sum(double *sum, double *rest, double value)
{
	double total = *sum + value;
	double taken = total - *sum;
	double lost = (*sum - (total - taken)) + (value - taken);
	*sum = total;
	/* Of a sum that has become infinite nothing is lost, and NaN would hide that it has. */
	if (isfinite(total))
		*rest += lost;
}

enum { LANES = 4 }; /* sums that do not wait for each other's last addition */

static double
lanes_sum(const double lane[LANES])
{
	return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Sum, least and most of the block. */
static void
block_sum(const double *v, size_t count, struct moments *block)
{
	double lane[LANES] = {0}, least = v[0], most = v[0];
	for (size_t i = 0; i < count; i++) {
		lane[i % LANES] += v[i];
		least = v[i] < least ? v[i] : least;
		most = v[i] > most ? v[i] : most;
	}
	*block = (struct moments){
	    .count = count, .sum = lanes_sum(lane), .min = least, .max = most};
}

void
moments_add(struct moments *m, const double *values, size_t count)
{
	struct moments block;
	double squares[LANES] = {0}, rest[LANES] = {0};
	if (count == 0)
		return;
	block_sum(values, count, &block);
	double mean = block.sum / (double)count;
	for (size_t i = 0; i < count; i++) {
		double d = values[i] - mean;
		rest[i % LANES] += d;
		squares[i % LANES] += d * d;
	}
	/* The distances add up to what rounding the mean left over, and are too far by that. */
	double left = lanes_sum(rest);
	block.squares = lanes_sum(squares) - left * left / (double)count;
	if (block.squares < 0)
		block.squares = 0;
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
	double apart = moments_mean(other) - moments_mean(m);
	moments_sum(&m->squares, &m->squares_rest, other->squares);
	moments_sum(&m->squares, &m->squares_rest, other->squares_rest);
	/* The quotient first: the product of two counts and a square may be too large for a double. */
	moments_sum(&m->squares, &m->squares_rest, apart * apart * (here / (here + there)) * there);
	moments_sum(&m->sum, &m->sum_rest, other->sum);
	moments_sum(&m->sum, &m->sum_rest, other->sum_rest);
	m->count += other->count;
	m->min = other->min < m->min ? other->min : m->min;
	m->max = other->max > m->max ? other->max : m->max;
}

double
moments_mean(const struct moments *m)
{
	if (m->count == 0)
		return (double)NAN;
	return (m->sum + m->sum_rest) / (double)m->count;
}

double
moments_deviation(const struct moments *m)
{
	if (m->count == 0)
		return (double)NAN;
	return sqrt((m->squares + m->squares_rest) / (double)m->count);
}
