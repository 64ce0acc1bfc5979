#ifndef RSENC_TIFF_PLAIN_H
#define RSENC_TIFF_PLAIN_H

#include "tiff/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A short way for the commonest files: classic little-endian TIFF, uncompressed strips or tiles of
 * whole bytes, every tag and every block in order. Their samples are copied from the file's bytes
 * as they lie, where libtiff would spend more time on the directory than on the pixels. Whatever
 * is unusual in the least is not plain, and left to libtiff; so both give the same values.
 * Follows TIFF 6.0, section 2 and part 1.
 */

struct plain {
	const unsigned char *bytes; /* the file; not ours */
	size_t len;
	uint32_t blocks;
	const unsigned char *offsets; /* of the blocks, in the file: `blocks` numbers */
	unsigned offset_size;         /* 2 or 4 bytes each */
};

/* Whether the file is plain. If so, fills both structures; `im` needs no libtiff then. */
bool plain_open(struct plain *p, const void *bytes, size_t len, struct image *im);

/* Where the bytes of a block are; plain_open has checked that they lie in the file. */
const unsigned char *plain_block(const struct plain *p, uint32_t index);

#endif
