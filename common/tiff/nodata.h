#ifndef RSENC_TIFF_NODATA_H
#define RSENC_TIFF_NODATA_H

#include "base/error.h"
#include "tiff/image.h"

/* The element (dtype_size bytes, little-endian) that GDAL fills missing blocks with: the text of
 * the GDAL_NODATA tag converted to the dtype, 0 where there is none or it is no number. Integers
 * round half away from zero and are clamped; NaN becomes 0 for them; 64-bit integers are exact.
 * Returns 0, or -1 with the reason: an F16 can't hold the value. Source: measured with GDAL 3.6
 * (https://gdal.org/drivers/raster/gtiff.html has the tag). */
int nodata_element(const struct image *im, unsigned char element[8], struct error *why);

#endif
