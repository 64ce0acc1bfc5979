#include "base/inflate.h"

#ifdef DEFLATE_BY_LIBDEFLATE
#include <libdeflate.h>

uint32_t
crc32_of(const void *bytes, size_t len)
{
	return libdeflate_crc32(0, bytes, len);
}

bool
inflate_raw(const void *from, size_t len, void *to, size_t size)
{
	size_t used, got;
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	bool done = d && libdeflate_deflate_decompress_ex(d, from, len, to, size, &used, &got) ==
	                     LIBDEFLATE_SUCCESS;
	libdeflate_free_decompressor(d);
	return done && used == len && got == size;
}

#else
#include <limits.h>
#include <zlib.h>

uint32_t
crc32_of(const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(0, bytes, len);
}

bool
inflate_raw(const void *from, size_t len, void *to, size_t size)
{
	/* zlib counts in unsigned int, and does not write to its input. */
	z_stream s = {.next_in = (Bytef *)from, .next_out = to};
	int state = inflateInit2(&s, -MAX_WBITS);
	bool ready = state == Z_OK;
	while (state == Z_OK) {
		uInt in = len > UINT_MAX ? UINT_MAX : (uInt)len;
		uInt out = size > UINT_MAX ? UINT_MAX : (uInt)size;
		s.avail_in = in;
		s.avail_out = out;
		state = inflate(&s, Z_NO_FLUSH);
		len -= in - s.avail_in;
		size -= out - s.avail_out;
	}
	if (ready)
		inflateEnd(&s);
	return state == Z_STREAM_END && len == 0 && size == 0;
}
#endif
