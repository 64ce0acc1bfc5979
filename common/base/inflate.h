#ifndef RSENC_BASE_INFLATE_H
#define RSENC_BASE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the library that libtiff brings does for archives: libdeflate (DEFLATE_BY_LIBDEFLATE) or
 * zlib. */

/* The CRC-32 of gzip, zip, PNG and Python's zlib.crc32. */
uint32_t crc32_of(const void *bytes, size_t len);

/* Inflates a raw deflate stream (RFC 1951). Returns whether its `len` bytes are one stream of
 * exactly `size` bytes; also false if memory does not suffice. */
bool inflate_raw(const void *from, size_t len, void *to, size_t size);

#endif
