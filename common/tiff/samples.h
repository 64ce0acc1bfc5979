#ifndef RSENC_TIFF_SAMPLES_H
#define RSENC_TIFF_SAMPLES_H

#include "tiff/image.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Samples of one row of a decoded block to elements of one band, both in the machine's byte order,
 * and whole bands to that of tensors. Pure: memory to memory.
 */

/* Element `i` of `count` at `to` is sample first + i x step of `row`, converted as the image
 * says (any conversion but CONVERT_RGBA). */
void samples_copy(void *to, const unsigned char *row, size_t first, size_t step, size_t count,
    const struct image *im);

/* The low 1, 2 or 4 bytes of a number as an element. */
void samples_put(void *to, uint32_t value, size_t size);

/* Fills `count` elements of `size` bytes at `to` with one value. */
void samples_fill(void *to, const void *value, size_t size, size_t count);

/* A band of `count` elements from the machine's byte order to little-endian, where that is
 * another. */
void samples_to_le(void *band, size_t count, enum dtype dtype);

#endif
