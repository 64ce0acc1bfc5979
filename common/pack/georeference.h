#ifndef RSENC_PACK_GEOREFERENCE_H
#define RSENC_PACK_GEOREFERENCE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Where the pixels of a file lie on the Earth, from its GeoTIFF tags (OGC 19-008r4): the coordinate
 * system as an EPSG code, and the transform from pixels (their upper left corners) to coordinates,
 * in the order of rasterio's Affine: x = a column + b row + c, y = d column + e row + f.
 */

enum { GEOREFERENCE_TEXT = 256 };

struct georeference {
	uint64_t shape[2];                 /* height, width of the bands */
	char crs_key[64];                  /* "crs:120x120": names in the blob's metadata */
	char transform_key[64];            /* "transform:120x120" */
	char crs[16];                      /* "EPSG:32633", or "" */
	char transform[GEOREFERENCE_TEXT]; /* "10,0,399960,0,-10,5500020", or "" */
};

/* Fills all of it for bands of this shape. crs and transform come from the first directory of a
 * TIFF file in memory; "" where the file does not say it, or not in such a form (a coordinate
 * system of its own, ground control points). */
void
georeference_read(struct georeference *g, const uint64_t shape[2], const void *bytes, size_t len);

#endif
