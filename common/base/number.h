#ifndef RSENC_BASE_NUMBER_H
#define RSENC_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the whole of `text` as a decimal number within min..max: digits only, so no sign, no
 * space, no trailing letters. Returns NULL and sets *value, or returns the reason
 * ("is not a whole number", "is too small", "is too large"). */
const char *number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* The same, with one of the `units` "KMGT" (powers of 1024) at the end, or without; "": none. */
const char *
number_parse_unit(const char *text, const char *units, uint64_t min, uint64_t max, uint64_t *value);

/* Reads the whole of `text` as a decimal number, as strtod(3) does: "-9999", "1e5", "nan". False if
 * it is none. */
bool decimal_parse(const char *text, double *value);

/* Numbers as text with as few digits as read back to the same value: "0.1", "-1e+30", "nan",
 * "inf". Whole numbers below 1e15 have no exponent, zero and NaN no sign. */

enum { DECIMAL_SIZE = 32 }; /* bytes that any of them takes, with its NUL */

enum decimal_type {
	DECIMAL_DOUBLE,
	DECIMAL_FLOAT /* the value came from a float: digits enough for that */
};

void decimal_text(char *to, double value, enum decimal_type type);

#endif
