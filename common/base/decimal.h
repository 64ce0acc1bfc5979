#ifndef RSENC_BASE_DECIMAL_H
#define RSENC_BASE_DECIMAL_H

/* Numbers as text with as few digits as read back to the same value: "0.1", "-1e+30", "nan",
 * "inf". Whole numbers below 1e15 have no exponent, zero and NaN no sign. */

enum { DECIMAL_SIZE = 32 }; /* bytes that any of them takes, with its NUL */

enum decimal_type {
	DECIMAL_DOUBLE,
	DECIMAL_FLOAT /* the value came from a float: digits enough for that */
};

void decimal_text(char *to, double value, enum decimal_type type);

#endif
