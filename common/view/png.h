#ifndef RSENC_VIEW_PNG_H
#define RSENC_VIEW_PNG_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

/*
 * PNG files, https://www.w3.org/TR/png-3/, of 8 bits for each sample. They are compressed by the
 * library that the Makefile chose for TIFF, libdeflate or zlib.
 */

/* Appends the file of a picture to `out`. `rows` are its pixels, of one byte (grey) or three, and a
 * byte 0 before each row. Returns 0, or -1 with the reason. */
int png_encode(const struct buf *rows, size_t width, size_t height, unsigned channels,
    struct buf *out, struct error *why);

#endif
