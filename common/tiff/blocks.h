#ifndef RSENC_TIFF_BLOCKS_H
#define RSENC_TIFF_BLOCKS_H

#include "base/buf.h"
#include "base/error.h"
#include "tiff/image.h"
#include "tiff/plain.h"

#include <stdint.h>

/*
 * The strips and tiles of an image to planes, one a band (NULL: not wanted; one is), height x
 * width elements each. Blocks without data are filled with the nodata value. `scratch` is memory that
 * is kept from file to file and grows to at most max_memory bytes. Both return 0, or -1 with the
 * reason, or -1 with an empty reason where libtiff has reported one itself.
 */

/* Any image but CONVERT_RGBA, through libtiff. */
int blocks_read(TIFF *tif, const struct image *im, void *const *planes, struct buf *scratch,
    uint64_t max_memory, struct error *why);

/* CONVERT_RGBA: colour through libtiff's RGBA interface. */
int blocks_read_rgba(TIFF *tif, const struct image *im, void *const *planes, struct buf *scratch,
    uint64_t max_memory, struct error *why);

/* A plain file: its blocks are copied from where they lie. Can't fail. */
void blocks_copy(const struct plain *plain, const struct image *im, void *const *planes);

#endif
