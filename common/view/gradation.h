#ifndef RSENC_VIEW_GRADATION_H
#define RSENC_VIEW_GRADATION_H

#include <stddef.h>
#include <stdint.h>

/*
 * From the values of a band to levels of grey, 0 to 255. Values are keys of 16 bits; a table gives
 * the level of each key. Integers of up to 16 bits are keys as they are; other values are divided
 * into 8,190 steps. So percentiles follow from counting, and no value is converted twice.
 */

enum {
	GRADATION_KEYS = 1 << 16,
	GRADATION_BYTES = GRADATION_KEYS * (int)(sizeof(uint32_t) + 1) /* of its memory */
};

struct gradation {
	uint16_t *keys;        /* of the pixels of the band */
	size_t first, last;    /* no key lies outside */
	uint32_t *counts;      /* of each key between these two */
	unsigned char *levels; /* of each key that occurs */
	double offset, step;   /* the value of key k is offset + k * step */
};

/* Starts with room for the keys, and GRADATION_BYTES of memory. */
void gradation_start(struct gradation *g, uint16_t *keys, void *memory);

/* Finds the levels of `count` keys, which are there. `zero` is the key of the value 0. Percentiles
 * `low` and `high` of all values but nodata become 0 and 255, or else the two values of `range`. */
void gradation_of_integers(struct gradation *g, size_t count, int zero, double nodata, double low,
    double high, const double *range);

/* Makes keys of values, of which NaN is nodata; then the same. */
void gradation_of_values(struct gradation *g, const double *values, size_t count, double low,
    double high, const double *range);

/* One channel (0, 1, 2: red, green, blue) of a colour for each class. Nodata is black. */
void
gradation_of_classes(struct gradation *g, size_t count, int zero, double nodata, unsigned channel);

#endif
