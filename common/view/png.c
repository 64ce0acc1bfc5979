#include "view/png.h"

#include "base/inflate.h"

#include <stdint.h>
#include <stdlib.h>

enum { CHUNK_MAX = 1 << 30 }; /* bytes; the format allows twice as many */

/* compress_rows compresses rows to a zlib stream at the end of `out`, for which it makes room. */

#ifdef DEFLATE_BY_LIBDEFLATE
#include <libdeflate.h>

enum { LEVEL = 9 };

static int
compress_rows(const struct buf *rows, struct buf *out)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	size_t room = libdeflate_zlib_compress_bound(c, rows->len), len = 0;
	if (c && buf_try_reserve(out, room) == 0)
		len = libdeflate_zlib_compress(
		    c, rows->data, rows->len, out->data + out->len, room);
	libdeflate_free_compressor(c);
	out->len += len;
	return len > 0 ? 0 : -1;
}

#else
#include <zlib.h>

static int
compress_rows(const struct buf *rows, struct buf *out)
{
	uLongf len = compressBound((uLong)rows->len);
	if (buf_try_reserve(out, len) != 0 ||
	    compress2((Bytef *)out->data + out->len, &len, (const Bytef *)rows->data,
	        (uLong)rows->len, Z_BEST_COMPRESSION) != Z_OK)
		return -1;
	out->len += len;
	return 0;
}
#endif

static void
put_number(unsigned char *to, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(n >> (24 - 8 * i));
}

/* A chunk: length, type, data, and a checksum of the last two. */
static void
add_chunk(struct buf *out, const char *type, const void *data, size_t len)
{
	unsigned char number[4];
	put_number(number, (uint32_t)len);
	buf_add(out, number, sizeof number);
	size_t start = out->len;
	buf_add(out, type, 4);
	buf_add(out, data, len);
	put_number(number, crc32_of(out->data + start, out->len - start));
	buf_add(out, number, sizeof number);
}

int
png_encode(const struct buf *rows, size_t width, size_t height, unsigned channels, struct buf *out,
    struct error *why)
{
	/* 8 bits; grey or RGB; deflate, filters by row, not interlaced. */
	unsigned char header[13] = {[8] = 8, [9] = channels == 1 ? 0 : 2};
	struct buf stream = {0};
	if (compress_rows(rows, &stream) != 0) {
		buf_free(&stream);
		return error_set(why, "out of memory: %zu x %zu pixels", width, height);
	}
	put_number(header, (uint32_t)width);
	put_number(header + 4, (uint32_t)height);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(out, "IHDR", header, sizeof header);
	for (size_t at = 0; at < stream.len; at += CHUNK_MAX) {
		size_t len = stream.len - at < CHUNK_MAX ? stream.len - at : CHUNK_MAX;
		add_chunk(out, "IDAT", stream.data + at, len);
	}
	add_chunk(out, "IEND", "", 0);
	buf_free(&stream);
	return 0;
}
