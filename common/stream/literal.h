#ifndef RSENC_STREAM_LITERAL_H
#define RSENC_STREAM_LITERAL_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Numbers in a group line, rsenc-groups(5), that become a tensor without a file: DTYPE:VALUE is a
 * scalar, DTYPE:VALUE,VALUE... a vector, which a trailing comma makes of a single value too.
 */

enum { LITERAL_MAX = 65536 }; /* values */

struct literal {
	enum dtype dtype;
	bool scalar; /* shape [], else [count] */
	size_t count;
};

/* Whether values of that type can be written so: integers, F32, F64 and BOOL (0 or 1). */
bool literal_has(enum dtype dtype);

/* Appends one value, `len` bytes of text, as the element it stands for, little-endian. Integers are
 * decimal, with a minus sign where the type has one; floating-point numbers as strtod(3) takes
 * them in the C locale, "nan" and "inf" too. One that the type does not hold is an error: nothing
 * is rounded but decimals to the nearest float. Returns 0, or -1 with the reason. */
int literal_value(
    enum dtype dtype, const char *text, size_t len, struct buf *elements, struct error *why);

/* Parses DTYPE:VALUES and appends the elements to `elements`. Returns 0, or -1
 * with the reason. */
int literal_parse(
    const char *text, size_t len, struct literal *l, struct buf *elements, struct error *why);

#endif
