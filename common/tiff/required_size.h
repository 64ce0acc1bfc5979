#ifndef RSENC_TIFF_REQUIRED_SIZE_H
#define RSENC_TIFF_REQUIRED_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How long a TIFF file must be by its own tags: to tell a truncated download from a damaged one.
 * Looks at the header, the first directory, the values of its tags, strips and tiles. For messages:
 * a file that can be read is read, whatever this says.
 */

struct required_size {
	uint64_t bytes; /* the end of the last thing that is known of: at least so many */
	bool exact;     /* and no more, as far as the first directory says */
};

/* Fills *r for a file of `len` bytes of which all are at hand, or the first few. Returns false for
 * what does not begin as a TIFF file. */
bool required_size(const void *bytes, size_t len, struct required_size *r);

#endif
