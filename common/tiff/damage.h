#ifndef RSENC_TIFF_DAMAGE_H
#define RSENC_TIFF_DAMAGE_H

#include "base/error.h"

#include <stdbool.h>

/*
 * What codecs say while they decode a strip or tile, and what of it means damage. libtiff passes it
 * on as warnings and errors of its own, and often calls the read a success all the same: pixels
 * that a decoder made up would be stored without a word.
 */

struct damage {
	struct error what;   /* the first word that means damage, or "" */
	struct error error;  /* the first error, whatever it means: the cause where a read fails */
	bool jpeg_no_eoi;    /* its JPEG data has no end marker */
	bool jpeg_too_small; /* its JPEG image is smaller than the block */
	bool overfull;       /* it holds more than there is room for */
	bool tags_short;     /* of the whole file: it has fewer offsets or sizes than blocks */
};

/* Before each file. */
void damage_start(struct damage *d);

/* Before each block: what was said of the file is kept. */
void damage_forget(struct damage *d);

/* A message of libtiff, which came from `module` (may be NULL). What only the data of the block
 * can tell (the flags) is left to the caller; whatever is not known to be harmless is
 * damage. */
void damage_hear(struct damage *d, bool is_error, const char *module, const char *text);

#endif
