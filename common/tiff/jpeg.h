#ifndef RSENC_TIFF_JPEG_H
#define RSENC_TIFF_JPEG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The head of a JPEG stream (ITU-T T.81, annex B), as far as it tells whether all of an image came
 * out of it: for what libjpeg's warnings leave open.
 */

struct jpeg {
	unsigned width, height;
	bool one_scan; /* its first scan is all there is: sequential, of every component */
};

/* Reads the markers up to the first scan. Returns whether they are there. */
bool jpeg_look(const unsigned char *bytes, size_t len, struct jpeg *j);

#endif
