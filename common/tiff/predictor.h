#ifndef RSENC_TIFF_PREDICTOR_H
#define RSENC_TIFF_PREDICTOR_H

#include "tiff/image.h"

#include <stddef.h>

/*
 * The predictors of TIFF: 2, horizontal differencing (TIFF 6.0, section 14), and 3, floating point
 * (Adobe Photoshop TIFF Technical Note 3). libtiff undoes them for what it decodes; this is for
 * what is inflated here.
 */

/* Whether the predictor and samples of an image (or none) are such that libtiff takes them. */
bool predictor_known(const struct image *im);

/* Rows of `row_bytes` each, as they came out of the codec, to samples in the machine's byte order.
 * `row` is memory for one of them. */
void predictor_undo(
    const struct image *im, unsigned char *rows, size_t count, size_t row_bytes, void *row);

#endif
