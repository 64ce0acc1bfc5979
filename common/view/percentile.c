#include "view/percentile.h"

#include <stdlib.h>

static int
compare_values(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static void
swap(double *a, double *b)
{
	double t = *a;
	*a = *b;
	*b = t;
}

/* The middle one of three. */
static double
middle(double a, double b, double c)
{
	if ((a <= b) == (b <= c))
		return b;
	return (b <= a) == (a <= c) ? a : c;
}

/* Hoare's quickselect: puts the value of rank k (from 0) in its place, smaller ones before and
 * larger ones after it. After `patience` rounds it sorts instead. */
static void
select_rank(double *v, size_t count, size_t k)
{
	size_t first = 0, last = count - 1;
	for (int patience = 64; first < last; patience--) {
		if (patience == 0) {
			qsort(v + first, last - first + 1, sizeof *v, compare_values);
			return;
		}
		double pivot = middle(v[first], v[first + (last - first) / 2], v[last]);
		size_t left = first, right = last;
		for (;;) {
			while (v[left] < pivot)
				left++;
			while (v[right] > pivot)
				right--;
			if (left >= right)
				break;
			swap(&v[left++], &v[right--]);
		}
		/* All up to `right` are at most the pivot, all from `left` on at least; where both
		 * met is the pivot itself. */
		if (left == right && k == left)
			return;
		if (k < left)
			last = left == right ? right - 1 : right;
		else
			first = left == right ? left + 1 : left;
	}
}

double
percentile(double *values, size_t count, double percent)
{
	double place = percent / 100 * (double)(count - 1);
	size_t k = (size_t)place;
	if (k >= count - 1)
		k = count - 1;
	select_rank(values, count, k);
	if (k == count - 1)
		return values[k];
	double next = values[k + 1];
	for (size_t i = k + 2; i < count; i++)
		next = values[i] < next ? values[i] : next;
	return values[k] + (next - values[k]) * (place - (double)k);
}
