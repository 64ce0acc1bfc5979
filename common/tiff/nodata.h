#ifndef RSENC_TIFF_NODATA_H
#define RSENC_TIFF_NODATA_H

#include "tiff/image.h"

/* The element (dtype_size bytes, the machine's byte order) that GDAL fills missing blocks with: the
 * text of the GDAL_NODATA tag converted to the dtype, 0 without the tag, or if it is not a number.
 * Integers round half away from zero and are clamped; NaN becomes 0 for them; 64-bit integers are
 * exact; what is beyond the range of a half float is infinite. Source: measured with GDAL 3.12,
 * which differs from 3.6 for int8, "-nan" and "0x10" (https://gdal.org/drivers/raster/gtiff.html
 * has the tag). */
void nodata_element(const struct image *im, unsigned char element[8]);

#endif
