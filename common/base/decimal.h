#ifndef RSENC_BASE_DECIMAL_H
#define RSENC_BASE_DECIMAL_H

/* Numbers as text with as few digits as read back to the same value: "0.1", "-1e+30", "nan",
 * "inf". Whole numbers below 1e15 have no exponent, zero and NaN no sign. */

enum { DECIMAL_SIZE = 32 }; /* bytes that any of them takes, with its NUL */

void decimal_double(char *to, double value);

/* For a value that came from a float: digits enough for that. */
void decimal_float(char *to, double value);

#endif
