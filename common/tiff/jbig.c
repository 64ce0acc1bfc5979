#include "tiff/jbig.h"

/* Of a bi-level image entity, T.82 section 6.2. */
enum { HEADER = 20, PLANES = 2, WIDTH = 4, HEIGHT = 8 };

static uint32_t
big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int
jbig_check(TIFF *tif, uint32_t strip, uint64_t size, struct error *why)
{
	unsigned char header[HEADER];
	uint16_t order;
	tmsize_t n = TIFFReadRawStrip(tif, strip, header, HEADER);
	if (n < HEADER)
		return n < 0 ? -1 : error_set(why, "strip %u has no JBIG header", strip);
	/* libtiff has the bits of a byte the other way round here: FillOrder 1 is reversed. */
	TIFFGetFieldDefaulted(tif, TIFFTAG_FILLORDER, &order);
	if (order == FILLORDER_MSB2LSB)
		TIFFReverseBits(header, HEADER);
	uint32_t width = big_endian(header + WIDTH), height = big_endian(header + HEIGHT);
	uint64_t row = ((uint64_t)width + 7) / 8 * header[PLANES];
	if (height > 0 && row > size / height)
		return error_set(why,
		    "strip %u holds %u x %u pixels of JBIG data in %u planes, "
		    "more than the strip has",
		    strip, width, height, header[PLANES]);
	return 0;
}
