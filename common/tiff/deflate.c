#include "tiff/deflate.h"

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
		alloc_failed(0);
	return f;
}

enum inflated
inflater_run(struct inflater *f, const unsigned char *from, size_t len, unsigned char *to,
    size_t size, size_t *got)
{
	enum libdeflate_result result = libdeflate_zlib_decompress(
	    (struct libdeflate_decompressor *)f, from, len, to, size, got);
	return result == LIBDEFLATE_SUCCESS              ? INFLATED
	       : result == LIBDEFLATE_INSUFFICIENT_SPACE ? INFLATED_MORE
	                                                 : INFLATED_BAD;
}

void
inflater_free(struct inflater *f)
{
	libdeflate_free_decompressor((struct libdeflate_decompressor *)f);
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
		alloc_failed(sizeof *f);
	return f;
}

enum inflated
inflater_run(struct inflater *f, const unsigned char *from, size_t len, unsigned char *to,
    size_t size, size_t *got)
{
	z_stream *s = &f->stream;
	int state;
	inflateReset(s);
	s->next_in = (Bytef *)from; /* which zlib does not write to */
	s->next_out = to;
	s->avail_in = s->avail_out = 0;
	size_t left = size;
	do { /* zlib counts in unsigned int */
		uInt in = len > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)len;
		uInt out = left > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)left;
		s->avail_in = in;
		s->avail_out = out;
		state = inflate(s, Z_NO_FLUSH);
		len -= in - s->avail_in;
		left -= out - s->avail_out;
	} while (state == Z_OK && len > 0 && left > 0);
	if (state == Z_OK && left == 0) { /* the end of the stream may still be to be read */
		s->avail_in = len > UINT_MAX ? UINT_MAX : (uInt)len;
		s->avail_out = 0;
		state = inflate(s, Z_FINISH);
	}
	*got = size - left;
	if (state == Z_STREAM_END)
		return INFLATED;
	return left == 0 && state == Z_BUF_ERROR && s->avail_in > 0 ? INFLATED_MORE : INFLATED_BAD;
}

void
inflater_free(struct inflater *f)
{
	inflateEnd(&f->stream);
	free(f);
}
#endif
