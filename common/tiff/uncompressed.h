#ifndef RSENC_TIFF_UNCOMPRESSED_H
#define RSENC_TIFF_UNCOMPRESSED_H

#include "tiff/directory.h"
#include "tiff/image.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A fast path for the commonest files: classic little-endian TIFF, uncompressed strips or tiles of
 * whole bytes, every tag and every block in order. Their samples are copied from the file's bytes
 * as they lie, where libtiff would spend more time on the directory than on the pixels (18 us a
 * file against 3). Whatever is unusual in the least is left to libtiff; so both give the same
 * values. Follows TIFF 6.0, section 2 and part 1.
 */

struct uncompressed {
	struct directory directory;
	struct directory_entry offsets; /* of the blocks */
};

/* Whether the file is such. If so, fills both structures; `im` needs no libtiff then. */
bool uncompressed_open(struct uncompressed *u, const void *bytes, size_t len, struct image *im);

#endif
