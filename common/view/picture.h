#ifndef RSENC_VIEW_PICTURE_H
#define RSENC_VIEW_PICTURE_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/nodata.h"
#include "view/composite.h"
#include "view/scales.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A composite as pixels. */

struct picture {
	size_t width, height; /* pixels */
	unsigned channels;    /* bytes of a pixel: 1 or 3 */
	unsigned char *pixels;
};

struct stretch {
	double low, high;     /* percentiles, 0..100, that become 0 and 255 */
	struct nodata nodata; /* if it is not set: 0 of unsigned, the lowest of signed integers */
	const struct scales *scales; /* whose percentiles they are; NULL: the picture's own */
};

/* Draws: brings the bands to the largest width and height (nearest neighbour), and each channel to
 * 0..255 by percentiles of its values. NaN, infinities and nodata become 0 and do not count; where
 * the percentiles are equal, least and greatest value take their place; one value alone becomes
 * 128. Radar is shown in dB: bands without a negative value are power, and converted. An index goes from -1 to 1.
 * With scales, percentiles and whether radar is power are those of the totals, and the third channel
 * of radar is as wide as the first, about the distance of the medians. Pixels and scratch together may take max_memory bytes; scratch is kept from picture to
 * picture. Returns 0 (the caller frees p->pixels), or -1 with the reason. */
int picture_draw(const struct composite *c, const struct stretch *s, uint64_t max_memory,
    struct buf *scratch, struct picture *p, struct error *why);

#endif
