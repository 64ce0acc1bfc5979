#ifndef RSENC_TIFF_IMAGE_H
#define RSENC_TIFF_IMAGE_H

#include "base/error.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stdint.h>
#include <tiffio.h>

/*
 * How the first image of a TIFF file is stored, and how its samples become elements: everything
 * that tiff.c decides from tags, in one place. Follows TIFF 6.0 and what GDAL's GTiff driver
 * makes of files beyond it (the tables in rsenc-tiff(7)).
 */

/* The conversion of the samples of a decoded block. */
enum conversion {
	CONVERT_NONE,         /* stored as the dtype: copied */
	CONVERT_BITS,         /* bits per sample that are no machine type: unpacked, MSB first */
	CONVERT_FLOAT24,      /* to F32 */
	CONVERT_COMPLEX_INT,  /* two int16 to C64 */
	CONVERT_COMPLEX_HALF, /* two F16 to C64 */
	CONVERT_RGBA          /* colour that only libtiff's RGBA interface reads */
};

struct image {
	uint32_t width, height;
	uint32_t bands;   /* as reported: those of a pixel, or 3 or 4 of CONVERT_RGBA */
	uint16_t bits;    /* of a stored sample */
	uint16_t samples; /* of a stored pixel */
	uint16_t format;  /* SAMPLEFORMAT_... of the samples, as the file says */
	enum dtype dtype;
	enum conversion conversion;
	bool separate; /* planes, not pixels, lie in a block */
	bool tiled;
	bool whole_blocks; /* the codec decodes nothing less */
	uint16_t compression;
	uint16_t predictor; /* of deflated samples */
	bool reversed;      /* the bits of each stored byte, FillOrder 2 */
	bool swapped;       /* the bytes of each sample are in the other order than the machine's */
	uint32_t block_width, block_height; /* pixels of a strip or tile */
	uint32_t stored_height; /* of a strip as the file says: the image may have less */
	uint32_t across, down;  /* blocks of one plane */
	const char *nodata;     /* text of the GDAL_NODATA tag, or NULL */
};

/* Makes libtiff know the tag GDAL_NODATA (42113). Once, before any file is opened. */
void image_register_tags(void);

/* Fills `im` from the current directory of `tif`, and sets JPEG to decode to RGB where the file
 * says YCbCr. Returns 0, or -1 with the reason why this file can't be represented. */
int image_describe(TIFF *tif, struct image *im, struct error *why);

/* Sets dtype and conversion from bits and format, by a table that holds every pair that is read.
 * Returns 0, or -1 with the reason. */
int image_set_type(struct image *im, struct error *why);

/* Whether a compression is read. JBIG (of faxes) and PixarLog (of films) are not: libjbig aborts
 * where a header claims too much, and what is damaged in either only their own parsers could
 * tell. */
bool image_has_codec(uint16_t compression);

bool image_is_deflated(const struct image *im);

/* Sets the geometry of strips (which are as wide as the image) or tiles, and how many *blocks
 * there must be over all planes. Returns 0, or -1 with the reason. */
int image_set_blocks(
    struct image *im, uint32_t width, uint32_t height, uint64_t *blocks, struct error *why);

#endif
