#ifndef RSENC_BASE_INFLATE_H
#define RSENC_BASE_INFLATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * One deflated stream from memory to memory, up to its end: a zlib stream (RFC 1950), whose
 * Adler-32 is compared, or a raw one (RFC 1951). By the library that libtiff brings: libdeflate
 * where it was built with it (DEFLATE_BY_LIBDEFLATE), else zlib.
 */

struct inflater; /* for one thread */

struct inflater *inflater_new(void);

enum inflated {
	INFLATED,      /* all of it; a zlib stream matches its checksum */
	INFLATED_MORE, /* the data is longer than the room for it; the bytes at `to` are unusable */
	INFLATED_BAD   /* it is damaged, truncated, or does not match its checksum */
};

enum inflate_format { INFLATE_ZLIB, INFLATE_RAW };

/* Inflates the stream that begins at `from` to at most *size bytes at `to`. If INFLATED, *size
 * becomes how many there are, and *len how many bytes the stream has. */
enum inflated inflater_run(struct inflater *f, enum inflate_format format,
    const unsigned char *from, size_t *len, unsigned char *to, size_t *size);

void inflater_free(struct inflater *f);

/* The CRC-32 of gzip, zip, PNG and Python's zlib.crc32. */
uint32_t crc32_of(const void *bytes, size_t len);

#endif
