#ifndef RSENC_SLURP_H
#define RSENC_SLURP_H

#include "buf.h"
#include "error.h"

#include <stddef.h>

/* Appends all of a small text file to `b`: `path` may be a pipe, or "-" for standard input. More
 * than max bytes are an error. Returns 0, or -1 with the reason (the path is not in it). */
int slurp(const char *path, size_t max, struct buf *b, struct error *why);

#endif
