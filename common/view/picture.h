#ifndef RSENC_VIEW_PICTURE_H
#define RSENC_VIEW_PICTURE_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/elements.h"
#include "view/band_combination.h"
#include "view/scales.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A combination of bands as pixels. */

struct picture {
	size_t width, height; /* pixels */
	unsigned channels;    /* bytes of a pixel: 1 or 3 */
	unsigned char *pixels;
};

struct stretch {
	double low, high; /* percentiles, 0..100, that become 0 and 255 */
	bool has_nodata;  /* else it is 0 of unsigned, the lowest of signed integers */
	double nodata;
	const struct scales *scales; /* whose percentiles they are; NULL: the picture's own */
};

/* Buffers for drawing, kept from picture to picture. All zero is empty. */
struct picture_scratch {
	struct buf memory;
	uint32_t bins[ELEMENTS_SMALL];
	unsigned char level[ELEMENTS_SMALL]; /* of integers */
};

/* Draws: each channel from 0 to 255 by percentiles of its values, and bands enlarged to the largest
 * width and height (nearest neighbour). NaN, infinities and nodata become 0 and do not count. Where
 * the percentiles are equal, the least and the greatest value take their place; a single value
 * becomes 128. Radar bands without a negative value are power, and are converted to dB. Maps of
 * classes get a colour for each class.
 * With scales, the percentiles, and whether radar is power, are those of the totals; the third
 * channel of radar is then as wide as the first, about the distance of the medians.
 * Pixels and scratch together may take max_memory bytes. Returns 0 (the caller frees p->pixels), or
 * -1 with the reason. */
int picture_draw(const struct band_combination *c, const struct stretch *s, uint64_t max_memory,
    struct picture_scratch *scratch, struct picture *p, struct error *why);

#endif
