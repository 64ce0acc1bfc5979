#ifndef RSENC_TIFF_SAMPLES_H
#define RSENC_TIFF_SAMPLES_H

#include "tiff/image.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Samples of one row of a decoded block to elements of one band. Pure: memory to memory.
 */

/* Element `i` of `count` at `to` is sample first + i x step of `row`, converted as the image
 * says (any conversion but CONVERT_RGBA). */
void samples_copy(void *to, const unsigned char *row, size_t first, size_t step, size_t count,
    const struct image *im);

/* Fills `count` elements of `size` bytes at `to` with one value. */
void samples_fill(void *to, const void *value, size_t size, size_t count);

#endif
