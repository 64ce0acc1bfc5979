#ifndef RSENC_STREAM_SNIFF_H
#define RSENC_STREAM_SNIFF_H

#include <stddef.h>

/* Guesses from its first bytes what an input is that turned out not to be what was expected.
 * Returns words for a message ("a TIFF file", "a record stream", "a bare safetensors blob",
 * "group lines", "gzip data", ...), or NULL if nothing is recognised. */
const char *kind_guess(const void *bytes, size_t len);

#endif
