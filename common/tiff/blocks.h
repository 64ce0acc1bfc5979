#ifndef RSENC_TIFF_BLOCKS_H
#define RSENC_TIFF_BLOCKS_H

#include "base/error.h"
#include "tiff/decoder.h"
#include "tiff/image.h"
#include "tiff/uncompressed.h"

/*
 * The strips and tiles of an image to planes, one a band (NULL: not wanted; one is), height x
 * width elements each.
 */

/* Any image. Blocks without data are filled with the nodata value. Returns as decode_block does. */
int blocks_read(struct decoder *d, void *const *planes, struct error *why);

/* An uncompressed file: its blocks are copied from where they lie. Cannot fail. */
void
blocks_copy(const struct uncompressed *uncompressed, const struct image *im, void *const *planes);

#endif
