#include "tensor/counts.h"

#include "tensor/elements.h"
#include "tensor/le.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAGE_BITS = COUNTS_DIGITS - 1, /* of the fraction: the first 1 is not stored */
	PAGE = 1 << PAGE_BITS,
	PAGES = 1 << 12, /* sign and exponent of a double */
	DROPPED_BITS = 52 - PAGE_BITS,
	LANES = 4
};

bool
counts_exact(enum dtype dtype)
{
	return dtype_size(dtype) <= 2;
}

int
counts_start(struct counts *c, enum dtype dtype, struct mem_limit *budget)
{
	*c = (struct counts){.dtype = dtype, .budget = budget};
	if (counts_exact(dtype))
		c->bins = mem_limit_allocate(
		    c->budget, (size_t)1 << dtype_bits(dtype), sizeof *c->bins);
	else
		c->pages = mem_limit_allocate(c->budget, PAGES, sizeof *c->pages);
	return c->bins || c->pages ? 0 : -1;
}

/* Neighbours are often alike, and an addition to the counter of the one before has to wait until
 * that is stored: four sets of counters take turns. */
static void
add_bytes(uint64_t *bins, const unsigned char *p, size_t count)
{
	uint32_t lanes[LANES][256] = {{0}};
	size_t i = 0;
	for (; i + LANES <= count; i += LANES) {
		for (unsigned lane = 0; lane < LANES; lane++)
			lanes[lane][p[i + lane]]++;
	}
	for (; i < count; i++)
		lanes[0][p[i]]++;
	for (unsigned v = 0; v < 256; v++)
		bins[v] += (uint64_t)lanes[0][v] + lanes[1][v] + lanes[2][v] + lanes[3][v];
}

/* Four sets of 65,536 counters would not stay in the cache; instead four elements that are all the
 * same, as in water, fill and labels, are one addition. */
static void
add_pairs(uint64_t *bins, const unsigned char *p, uint64_t count)
{
	uint64_t i = 0;
	for (; i + 4 <= count; i += 4, p += 8) {
		uint64_t four = little64(p);
		if (four == (four << 16 | four >> 48)) {
			bins[four & 0xffff] += 4;
			continue;
		}
		bins[four & 0xffff]++;
		bins[four >> 16 & 0xffff]++;
		bins[four >> 32 & 0xffff]++;
		bins[four >> 48]++;
	}
	for (; i < count; i++, p += 2)
		bins[little16(p)]++;
}

void
counts_add(struct counts *c, const void *data, uint64_t count)
{
	enum { LANE_MOST = 1 << 30 }; /* so that no lane overflows */
	const unsigned char *p = data;
	if (dtype_size(c->dtype) == 2) {
		add_pairs(c->bins, p, count);
		return;
	}
	for (; count > LANE_MOST; count -= LANE_MOST, p += LANE_MOST)
		add_bytes(c->bins, p, LANE_MOST);
	add_bytes(c->bins, p, (size_t)count);
}

int
counts_add_values(struct counts *c, const double *values, size_t count)
{
	const uint64_t half = UINT64_C(1) << (DROPPED_BITS - 1);
	for (size_t i = 0; i < count; i++) {
		double v = values[i] + 0; /* -0 becomes 0 */
		uint64_t bits;
		memcpy(&bits, &v, sizeof bits);
		/* The carry of rounding goes into the exponent, as it should. */
		uint32_t key = (uint32_t)((bits + half) >> DROPPED_BITS);
		uint64_t **page = &c->pages[key >> PAGE_BITS];
		if (!*page && !(*page = mem_limit_allocate(c->budget, PAGE, sizeof **page)))
			return -1;
		(*page)[key & (PAGE - 1)]++;
	}
	return 0;
}

/* ---- in order ---- */

/* The bits of the number that is at place k among the 2^width patterns in rising order. */
static uint32_t
pattern_at(enum dtype dtype, uint32_t k, unsigned width)
{
	uint32_t sign = (uint32_t)1 << (width - 1);
	if (dtype_is_unsigned(dtype) || dtype == DTYPE_F8_E8M0)
		return k;
	if (dtype_is_signed(dtype))
		return k ^ sign;
	/* Sign and magnitude, as all floats have it: negative ones begin with the largest. */
	return k < sign ? 2 * sign - 1 - k : k - sign;
}

static double
value_of_pattern(const struct counts *c, uint32_t bits)
{
	double v;
	if (c->bins) {
		unsigned char bytes[2] = {bits & 0xff, (unsigned char)(bits >> 8)};
		elements_read(c->dtype, bytes, 0, 1, &v);
	} else {
		uint64_t wide = (uint64_t)bits << DROPPED_BITS;
		memcpy(&v, &wide, sizeof v);
	}
	return v;
}

bool
counts_next(const struct counts *c, uint32_t *at, double *value, uint64_t *times)
{
	/* What is rounded goes by its bits as a double, whatever the elements are. */
	enum dtype order = c->bins ? c->dtype : DTYPE_F64;
	unsigned width = c->bins ? dtype_bits(c->dtype) : 12 + PAGE_BITS;
	if (!c->bins && !c->pages)
		return false; /* nothing was counted */
	while (*at < (uint32_t)1 << width) {
		uint32_t bits = pattern_at(order, *at, width);
		if (c->pages && !c->pages[bits >> PAGE_BITS]) {
			*at = (*at | (PAGE - 1)) + 1; /* past the page: it is one either way */
			continue;
		}
		++*at;
		*times = c->bins ? c->bins[bits] : c->pages[bits >> PAGE_BITS][bits & (PAGE - 1)];
		if (*times == 0)
			continue;
		*value = value_of_pattern(c, bits);
		return true;
	}
	return false;
}

void
counts_free(struct counts *c)
{
	for (size_t i = 0; c->pages && i < PAGES; i++)
		free(c->pages[i]);
	free(c->pages);
	free(c->bins);
	*c = (struct counts){.bins = NULL};
}
