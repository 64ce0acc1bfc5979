#ifndef RSENC_TIFF_SAMPLES_H
#define RSENC_TIFF_SAMPLES_H

#include "tiff/image.h"

#include <stddef.h>

/*
 * Samples of one row of a decoded block to elements of one band, both in the machine's byte order,
 * and whole bands to that of tensors. Pure: memory to memory.
 */

/* Element `i` of `count` at `to` is sample first + i x step of `row`, converted as the image
 * says (any conversion but CONVERT_RGBA). */
void samples_copy(void *to, const unsigned char *row, size_t first, size_t step, size_t count,
    const struct image *im);

/* A band of `count` elements from the machine's byte order to little-endian, where that is
 * another. */
void samples_to_le(void *band, size_t count, enum dtype dtype);

/* The element (dtype_size bytes, the machine's byte order) that GDAL fills missing blocks with: the
 * text of the GDAL_NODATA tag converted to the dtype, 0 without the tag, or if it is not a number.
 * Integers round half away from zero and are clamped; NaN becomes 0 for them; 64-bit integers are
 * exact; what is beyond the range of a half float is infinite. Source: measured with GDAL 3.12,
 * which differs from 3.6 for int8, "-nan" and "0x10" (https://gdal.org/drivers/raster/gtiff.html
 * has the tag). */
void nodata_element(const struct image *im, unsigned char element[8]);

#endif
