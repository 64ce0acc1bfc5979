#include "tiff/jpeg.h"

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
