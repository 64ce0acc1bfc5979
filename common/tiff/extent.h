#ifndef RSENC_TIFF_EXTENT_H
#define RSENC_TIFF_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How long a TIFF file must be, from its own words: to tell a download that ended early from one
 * that is damaged. Looks at the header, the first directory, and what that points to: the values of
 * its tags, strips and tiles. Follows TIFF 6.0, section 2, and the BigTIFF design; both byte
 * orders. For messages: a file that can be read is read, whatever this says.
 */

struct extent {
	uint64_t
	    bytes; /* where the last thing ends that is known of: the file has at least these */
	bool all;  /* and no more, as far as the first directory tells */
};

/* Fills *e for a file of `len` bytes of which all are at hand, or the first few. Returns false for
 * what does not begin as a TIFF file. */
bool extent_of(const void *bytes, size_t len, struct extent *e);

#endif
