#ifndef RSENC_PACK_SUSPECT_H
#define RSENC_PACK_SUSPECT_H

#include "base/error.h"

#include <stddef.h>

/*
 * What is wrong with a file that should be a TIFF: downloads that brought something else, or not
 * all of it. Each replaces the reason that another module gave by one that says more, where it can;
 * the hint tells the kind.
 */

/* Of a file that could not be opened. */
void suspect_missing(const char *path, struct error *why);

/* Of a file of which `bytes` were read, but not as a TIFF file. */
void suspect_bytes(const void *bytes, size_t len, struct error *why);

/* Of a file that can be read: whether it lacks something all the same, because a program that
 * downloads it in parts is still at it, or was. Returns 0, or -1 with the reason. */
int suspect_unfinished(const char *path, const void *bytes, size_t len, struct error *why);

#endif
