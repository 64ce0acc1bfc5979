#ifndef RSENC_BASE_NUMBER_H
#define RSENC_BASE_NUMBER_H

#include <stdint.h>

/* Reads the whole of `text` as a decimal number within min..max: digits only, so no sign, no
 * space, no trailing letters. Returns NULL and sets *value, or returns the reason
 * ("is not a whole number", "is too small", "is too large"). */
const char *number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* The same, with an optional suffix K, M, G or T (powers of 1024). */
const char *number_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *value);

#endif
