#ifndef RSENC_PACK_DIAGNOSE_FILE_H
#define RSENC_PACK_DIAGNOSE_FILE_H

#include "base/error.h"

#include <stddef.h>

/*
 * Why a file is not the TIFF that it should be: a download that brought something else, or not all
 * of it. Each replaces the reason that another module gave by one that says more, where it can; the
 * kind of the error is what a summary counts.
 */

/* Of a file that could not be opened. */
void diagnose_missing(const char *path, struct error *why);

/* Of a file of which `bytes` were read, but not as a TIFF file. Of them the first `complete` are
 * all there: `len`, or 0 of a file that was read in parts. */
void diagnose_bytes(const void *bytes, size_t len, size_t complete, struct error *why);

/* Of a file that can be read: whether a program that downloads it in parts is not done with it.
 * Returns 0, or -1 with the reason. */
int diagnose_unfinished(const char *path, const void *bytes, size_t len, struct error *why);

/* Of a file whose missing blocks were filled: whether GDAL takes a value from PATH.aux.xml for
 * them. Returns 0, or -1 with the reason. */
int diagnose_side_file(const char *path, struct error *why);

#endif
