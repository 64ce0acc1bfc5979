#ifndef RSENC_TIFF_JBIG_H
#define RSENC_TIFF_JBIG_H

#include "base/error.h"

#include <stdint.h>
#include <tiffio.h>

/*
 * JBIG strips (ITU-T T.82; compression 34661). libjbig takes the memory that a strip's own header
 * asks for, and aborts the process if there is none, before libtiff compares sizes.
 */

/* Looks into the header of a strip, which must hold no more than `size` bytes when it is decoded:
 * libtiff would refuse it later. Returns 0, or -1 with the reason, or with none where libtiff has
 * reported it. */
int jbig_check(TIFF *tif, uint32_t strip, uint64_t size, struct error *why);

#endif
