#ifndef RSENC_VIEW_PICTURE_H
#define RSENC_VIEW_PICTURE_H

#include "base/buf.h"
#include "base/error.h"
#include "view/composite.h"

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
	double low, high; /* percentiles, 0..100, that become 0 and 255 */
	bool nodata_set;  /* else nodata is 0 of unsigned, the lowest of signed integers */
	double nodata, nodata_float; /* the value as read as a double and as a float */
};

/* Draws: brings the bands to the largest width and height (nearest neighbour), and each channel to
 * 0..255 by percentiles of its values. NaN, infinities and nodata become 0 and do not count; where
 * the percentiles are equal, least and greatest value take their place; one value alone becomes
 * 128. Radar is shown in dB: bands without a negative value are power, and converted. Pixels and scratch together may take max_memory bytes; scratch is kept from picture to
 * picture. Returns 0 (the caller frees p->pixels), or -1 with the reason. */
int picture_draw(const struct composite *c, const struct stretch *s, uint64_t max_memory,
    struct buf *scratch, struct picture *p, struct error *why);

#endif
