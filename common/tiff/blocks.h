#ifndef RSENC_TIFF_BLOCKS_H
#define RSENC_TIFF_BLOCKS_H

#include "base/error.h"
#include "tiff/decode.h"
#include "tiff/image.h"
#include "tiff/uncompressed.h"

/*
 * The strips and tiles of an image to planes, one a band (NULL: not wanted; one is), height x
 * width elements each.
 */

/* Any image. Blocks without data are filled with the nodata value. Returns as decode_block does. */
int blocks_read(struct decoder *d, void *const *planes, struct error *why);

/* One block of CONVERT_RGBA: colour as GDAL has libtiff convert it, a strip or tile at a time, to
 * 32-bit pixels with R in the low byte. `pixels` has room for a block. Returns as decode_block
 * does. */
int rgba_read(struct decoder *d, const struct block *b, uint32_t *pixels, void *const *planes,
    struct error *why);

/* An uncompressed file: its blocks are copied from where they lie. Cannot fail. */
void
blocks_copy(const struct uncompressed *uncompressed, const struct image *im, void *const *planes);

#endif
