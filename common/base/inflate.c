#include "base/inflate.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdlib.h>

#ifdef DEFLATE_BY_LIBDEFLATE
#include <libdeflate.h>

/* The decompressor itself is the object: there is nothing else to hold. */
struct inflater *
inflater_new(void)
{
	struct inflater *f = (struct inflater *)libdeflate_alloc_decompressor();
	if (!f)
		alloc_failed();
	return f;
}

enum inflated
inflater_run(struct inflater *f, enum inflate_format format, const unsigned char *from, size_t *len,
    unsigned char *to, size_t *size)
{
	struct libdeflate_decompressor *d = (struct libdeflate_decompressor *)f;
	enum libdeflate_result result = format == INFLATE_RAW
	                                    ? libdeflate_deflate_decompress_ex(
	                                          d, from, *len, to, *size, len, size)
	                                    : libdeflate_zlib_decompress_ex(
	                                          d, from, *len, to, *size, len, size);
	return result == LIBDEFLATE_SUCCESS              ? INFLATED
	       : result == LIBDEFLATE_INSUFFICIENT_SPACE ? INFLATED_MORE
	                                                 : INFLATED_BAD;
}

void
inflater_free(struct inflater *f)
{
	libdeflate_free_decompressor((struct libdeflate_decompressor *)f);
}

uint32_t
crc32_of(const void *bytes, size_t len)
{
	return libdeflate_crc32(0, bytes, len);
}

#else
#include <zlib.h>

struct inflater {
	z_stream stream;
};

struct inflater *
inflater_new(void)
{
	struct inflater *f = xcalloc(1, sizeof *f);
	if (inflateInit(&f->stream) != Z_OK)
		alloc_failed();
	return f;
}

enum inflated
inflater_run(struct inflater *f, enum inflate_format format, const unsigned char *from, size_t *len,
    unsigned char *to, size_t *size)
{
	z_stream *s = &f->stream;
	size_t left = *len, room = *size;
	int state = inflateReset2(s, format == INFLATE_RAW ? -MAX_WBITS : MAX_WBITS);
	s->next_in = (Bytef *)from; /* which zlib does not write to */
	s->next_out = to;
	/* zlib counts in unsigned int. Without room the end of the stream may still be read. */
	do {
		uInt in = left > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)left;
		uInt out = room > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)room;
		s->avail_in = in;
		s->avail_out = out;
		state = inflate(s, Z_NO_FLUSH);
		left -= in - s->avail_in;
		room -= out - s->avail_out;
	} while (state == Z_OK);
	*len -= left;
	*size -= room;
	if (state == Z_STREAM_END)
		return INFLATED;
	return state == Z_BUF_ERROR && room == 0 && left > 0 ? INFLATED_MORE : INFLATED_BAD;
}

void
inflater_free(struct inflater *f)
{
	inflateEnd(&f->stream);
	free(f);
}

uint32_t
crc32_of(const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(0, bytes, len);
}
#endif
