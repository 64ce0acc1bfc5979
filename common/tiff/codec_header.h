#ifndef RSENC_TIFF_CODEC_HEADER_H
#define RSENC_TIFF_CODEC_HEADER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tiffio.h>

/*
 * Headers in the stored bytes of a strip or tile that libtiff checks too late or not at all.
 */

/* The head of a JPEG stream (ITU-T T.81, annex B), as far as it tells whether all of an image came
 * out of it: for what libjpeg's warnings leave open. */
struct jpeg {
	unsigned width, height;
	bool one_scan; /* its first scan is all there is: sequential, of every component */
};

/* Reads the markers up to the first scan. Returns whether they are there. */
bool jpeg_look(const unsigned char *bytes, size_t len, struct jpeg *j);

/* JBIG strips (ITU-T T.82; compression 34661): libjbig takes the memory that a strip's own header
 * asks for, and aborts the process if there is none, before libtiff compares sizes. Looks into the
 * header of a strip, which must hold no more than `size` bytes when it is decoded. Returns 0, or -1
 * with the reason, or with none where libtiff has reported it. */
int jbig_check(TIFF *tif, uint32_t strip, uint64_t size, struct error *why);

#endif
