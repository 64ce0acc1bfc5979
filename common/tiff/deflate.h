#ifndef RSENC_TIFF_DEFLATE_H
#define RSENC_TIFF_DEFLATE_H

#include <stddef.h>

/*
 * One zlib stream (RFC 1950) from memory to memory, up to its end, with its Adler-32 compared.
 * libtiff does neither: it stops when the block is full, and with libdeflate it calls a stream that
 * would not fit a success, whatever was written of it. This uses the library that libtiff brings:
 * libdeflate where it was built with it (DEFLATE_BY_LIBDEFLATE), else zlib.
 */

struct inflater; /* for one thread */

struct inflater *inflater_new(void);

enum inflated {
	INFLATED,      /* all of it; it fits its checksum */
	INFLATED_MORE, /* it holds more than `size` bytes; what is at `to` is of no use */
	INFLATED_BAD   /* it is damaged, cut off, or does not fit its checksum */
};

/* Inflates to at most `size` bytes; *got is how many, if INFLATED. Bytes behind the stream do not
 * matter. */
enum inflated inflater_run(struct inflater *f, const unsigned char *from, size_t len,
    unsigned char *to, size_t size, size_t *got);

void inflater_free(struct inflater *f);

#endif
