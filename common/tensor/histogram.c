#include "tensor/histogram.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAGE_BITS = HISTOGRAM_BITS - 1, /* of the fraction, whose first 1 a double does not store */
	PAGE = 1 << PAGE_BITS,
	DROPPED_BITS = 52 - PAGE_BITS,
	DOUBLE_PAGES = 1 << 12, /* sign and exponent of a double */
	ZERO = 1 << 15,         /* the key of the integer 0 */
	INTEGER_PAGES = 3 * ZERO / PAGE
};

/* calloc(3) within the limit; NULL if that does not suffice. */
static void *
allocate(const struct histogram *h, size_t count, size_t size)
{
	if (h->left && *h->left < count * size)
		return NULL;
	if (h->left)
		*h->left -= count * size;
	return xcalloc(count, size);
}

int
histogram_start(struct histogram *h, bool integers, size_t *left)
{
	*h = (struct histogram){.integers = integers, .left = left};
	h->page_count = integers ? INTEGER_PAGES : DOUBLE_PAGES;
	h->pages = allocate(h, h->page_count, sizeof *h->pages);
	return h->pages ? 0 : -1;
}

/* Sign, exponent and rounded fraction of a double, so that keys are in the order of the values: a
 * negative double's bits fall as it rises. */
static uint32_t
key_of_double(double value)
{
	uint64_t bits;
	value += 0; /* -0 becomes 0 */
	memcpy(&bits, &value, sizeof bits);
	/* The carry of rounding goes into the exponent, as it should. */
	uint32_t key = (uint32_t)((bits + (UINT64_C(1) << (DROPPED_BITS - 1))) >> DROPPED_BITS);
	uint32_t sign = (uint32_t)DOUBLE_PAGES / 2 << PAGE_BITS;
	return key & sign ? 2 * sign - 1 - key : key | sign;
}

static double
double_of_key(uint32_t key)
{
	uint32_t sign = (uint32_t)DOUBLE_PAGES / 2 << PAGE_BITS;
	uint64_t bits = (uint64_t)(key & sign ? key ^ sign : 2 * sign - 1 - key) << DROPPED_BITS;
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* The bin of a key, or NULL if the limit does not suffice for its page. */
static inline uint64_t *
find_bin(struct histogram *h, uint32_t key)
{
	uint64_t **page = &h->pages[key >> PAGE_BITS];
	if (!*page)
		*page = allocate(h, PAGE, sizeof **page);
	return *page ? *page + (key & (PAGE - 1)) : NULL;
}

int
histogram_add(struct histogram *h, const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t *bin = find_bin(
		    h, h->integers ? (uint32_t)(ZERO + (int)values[i]) : key_of_double(values[i]));
		if (!bin)
			return -1;
		++*bin;
	}
	return 0;
}

uint64_t
histogram_remove(struct histogram *h, double value)
{
	/* Also what is no number, or no whole one: that occurs nowhere. */
	if (!(value >= -ZERO && value < 2 * ZERO) || (double)(int)value != value)
		return 0;
	uint32_t key = (uint32_t)(ZERO + (int)value);
	uint64_t *page = h->pages[key >> PAGE_BITS];
	uint64_t times = page ? page[key & (PAGE - 1)] : 0;
	if (page)
		page[key & (PAGE - 1)] = 0;
	return times;
}

bool
histogram_next(const struct histogram *h, size_t *at, double *value, uint64_t *times)
{
	size_t key = *at;
	for (; key < h->page_count << PAGE_BITS; key = (key | (PAGE - 1)) + 1) {
		const uint64_t *page = h->pages[key >> PAGE_BITS];
		if (!page)
			continue;
		size_t bin = key & (PAGE - 1);
		while (bin < PAGE && page[bin] == 0)
			bin++;
		if (bin == PAGE)
			continue;
		key = (key & ~(size_t)(PAGE - 1)) | bin;
		*times = page[bin];
		*value = h->integers ? (double)((int)key - ZERO) : double_of_key((uint32_t)key);
		*at = key + 1;
		return true;
	}
	return false;
}

void
histogram_percentiles(const struct histogram *h, uint64_t total, const double *percents,
    size_t count, double *results)
{
	double value, before = 0;
	uint64_t times, passed = 0; /* values up to and with `before` */
	size_t at = 0, p = 0;
	while (p < count && histogram_next(h, &at, &value, &times)) {
		for (; p < count; p++) {
			double place = percents[p] / 100 * (double)(total - 1);
			uint64_t rank = (uint64_t)place;
			uint64_t next = rank + 1 < total ? rank + 1 : rank;
			if (next >= passed + times)
				break;
			/* `next` is this value; the rank itself may be the value before. */
			double low = rank < passed ? before : value, part = place - (double)rank;
			results[p] = part > 0 ? low + (value - low) * part : low;
		}
		passed += times;
		before = value;
	}
}

void
histogram_free(struct histogram *h)
{
	for (size_t i = 0; h->pages && i < h->page_count; i++)
		free(h->pages[i]);
	free(h->pages);
	*h = (struct histogram){.pages = NULL};
}
