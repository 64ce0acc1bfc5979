#include "tiff/codec_header.h"

/* Second bytes of markers; the first is FF. */
enum { SOF0 = 0xc0, SOF1 = 0xc1, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, SOF9 = 0xc9, DAC = 0xcc };
enum { SOF15 = 0xcf, RST0 = 0xd0, EOI = 0xd9, SOI = 0xd8, SOS = 0xda, TEM = 0x01, FILL = 0xff };

static unsigned
two_bytes(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static bool
is_frame(unsigned marker)
{
	return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

bool
jpeg_look(const unsigned char *bytes, size_t len, struct jpeg *j)
{
	unsigned components = 0;
	bool sequential = false;
	for (size_t at = 0; at < len && len - at >= 4;) {
		unsigned marker = bytes[at + 1];
		if (bytes[at] != FILL)
			return false;
		if (marker == FILL) {
			at++;
			continue;
		}
		at += 2;
		if (marker == TEM || (marker >= RST0 && marker <= SOI))
			continue;
		size_t size = two_bytes(bytes + at);
		if (marker == EOI || size < 2 || len - at < size)
			return false;
		if (is_frame(marker) && size >= 8) {
			sequential = marker == SOF0 || marker == SOF1 || marker == SOF9;
			j->height = two_bytes(bytes + at + 3);
			j->width = two_bytes(bytes + at + 5);
			components = bytes[at + 7];
		}
		if (marker == SOS) {
			j->one_scan = sequential && size >= 3 && bytes[at + 2] == components;
			return components > 0;
		}
		at += size;
	}
	return false;
}

/* ---- JBIG ---- */

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
