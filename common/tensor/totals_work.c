#include "tensor/elements.h"
#include "tensor/totals_row.h"

#include <math.h>

enum { BLOCK = 1024 }; /* elements that are summed at once */

/* Larger elements that are doubles, or exact as such: what counts goes to the front. */
static size_t
sift_values(const struct totals_row *row, struct totals_part *part, double *v, size_t count)
{
	double nodata = nodata_for(row->nodata, row->dtype);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		double value = v[i];
		/* First: an infinity may be what stands for nodata. */
		if (value == nodata) {
			part->nodata++;
		} else if (isfinite(value)) {
			part->zeros += value == 0;
			v[n++] = value;
		} else {
			part->nan += isnan(value) != 0;
			part->infinite += isinf(value) != 0;
		}
	}
	return n;
}

/* 64-bit integers: numbers to `v`, distances from the row's first to `above`. */
static size_t
sift_whole(const struct totals_row *row, struct totals_part *part, const char *data, size_t count,
    double *v, double *above)
{
	bool is_signed = row->dtype == DTYPE_I64;
	uint64_t flip = whole_flip(row->dtype);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = elements_bits64(data, i), key = bits ^ flip;
		if (nodata_is64(row->nodata, is_signed, bits)) {
			part->nodata++;
			continue;
		}
		part->zeros += bits == 0;
		part->least_key = key < part->least_key ? key : part->least_key;
		part->most_key = key > part->most_key ? key : part->most_key;
		whole_add(&part->sum, key, row->first_key);
		above[n] = whole_distance(key, row->first_key);
		v[n++] = is_signed ? (double)(int64_t)bits : (double)bits;
	}
	return n;
}

static int
work_on_block(struct totals_row *row, struct totals_part *part, const char *data, size_t count)
{
	double v[BLOCK], above[BLOCK];
	size_t n;
	if (whole_dtype(row->dtype)) {
		n = sift_whole(row, part, data, count, v, above);
		moments_add(&part->moments, above, n);
	} else {
		elements_read(row->dtype, data, 0, count, v);
		n = sift_values(row, part, v, count);
		moments_add(&part->moments, v, n);
	}
	/* A lock a block: what takes longest was done before it. */
	pthread_mutex_lock(&row->lock);
	int bad = counts_add_values(&row->counts, v, n);
	pthread_mutex_unlock(&row->lock);
	return bad;
}

int
totals_work(struct totals_row *row, const struct tensor *tensor, const char *data,
    struct totals_part *part, struct error *why)
{
	size_t size = dtype_size(row->dtype);
	int bad = 0;
	*part = (struct totals_part){.least_key = UINT64_MAX};
	if (size == 0)
		return 0;
	uint64_t count = (tensor->end - tensor->begin) / size;
	data += tensor->begin;
	if (counts_exact(row->dtype)) {
		/* Threads wait here for each other only where all have tensors of few names. */
		pthread_mutex_lock(&row->lock);
		counts_add(&row->counts, data, count);
		pthread_mutex_unlock(&row->lock);
		return 0;
	}
	for (uint64_t at = 0; at < count && !bad; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		bad = work_on_block(row, part, data + at * size, n);
	}
	if (!bad)
		return 0;
	error_set(why, "totals take more memory than was allowed");
	return error_hint(why, HINT_MEMORY, 0);
}

void
totals_merge(struct totals_row *row, const struct totals_part *part)
{
	struct totals_part *all = &row->all;
	all->nan += part->nan;
	all->infinite += part->infinite;
	all->nodata += part->nodata;
	all->zeros += part->zeros;
	all->least_key = part->least_key < all->least_key ? part->least_key : all->least_key;
	all->most_key = part->most_key > all->most_key ? part->most_key : all->most_key;
	whole_merge(&all->sum, &part->sum);
	moments_merge(&all->moments, &part->moments);
}
