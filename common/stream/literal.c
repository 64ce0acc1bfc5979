#include "stream/literal.h"

#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LITERAL_TEXT_MAX = 64 }; /* bytes of one value: no number that is meant takes more */

bool
literal_has(enum dtype dtype)
{
	char kind = dtype_kind(dtype);
	return dtype == DTYPE_F32 || dtype == DTYPE_F64 || kind == 'u' || kind == 'i';
}

/* Appends the low `size` bytes of a number, the lowest first, whatever the machine's order. */
static void
literal_append(uint64_t bits, size_t size, struct buf *elements)
{
	unsigned char bytes[8];
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(bits >> 8 * i);
	buf_add(elements, bytes, size);
}

/* Digits, and a minus sign where the type has one. */
static int
literal_integer(enum dtype dtype, const char *text, struct buf *elements, struct error *why)
{
	bool has_sign = dtype_kind(dtype) == 'i', minus = has_sign && *text == '-';
	/* The least of a type is one farther from 0 than its greatest. */
	uint64_t n, max = (UINT64_MAX >> (64 - dtype_bits(dtype)) >> has_sign) + minus;
	const char *bad = number_parse(text + minus, 0, dtype == DTYPE_BOOL ? 1 : max, &n);
	if (bad)
		return error_set(why, "'%s' %s (%s)", text, bad, dtype_name(dtype));
	literal_append(minus ? 0 - n : n, dtype_size(dtype), elements);
	return 0;
}

static int
literal_float(enum dtype dtype, const char *text, struct buf *elements, struct error *why)
{
	uint64_t bits;
	double d;
	errno = 0;
	if (!decimal_parse(text, &d))
		return error_set(why, "'%s' is not a number", text);
	memcpy(&bits, &d, sizeof bits);
	if (dtype == DTYPE_F32) {
		/* Not the double narrowed: that rounds twice, and may miss the nearest float. */
		float f = strtof(text, NULL);
		uint32_t narrow;
		memcpy(&narrow, &f, sizeof narrow);
		bits = narrow;
		d = f;
	}
	/* ERANGE is set for tiny numbers too; those become the nearest float, which is what was
	 * asked for. "inf" itself sets no ERANGE. */
	if (errno == ERANGE && isinf(d))
		return error_set(why, "'%s' is too large (%s)", text, dtype_name(dtype));
	literal_append(bits, dtype_size(dtype), elements);
	return 0;
}

int
literal_value(
    enum dtype dtype, const char *text, size_t len, struct buf *elements, struct error *why)
{
	char value[LITERAL_TEXT_MAX + 1];
	if (len == 0)
		return error_set(why, "a value is empty");
	if (len > LITERAL_TEXT_MAX || memchr(text, '\0', len))
		return error_set(why, "'%.*s' is not a number", len > 64 ? 64 : (int)len, text);
	/* strtod needs an end, and the text is a piece of a line that is not ours to write to. */
	memcpy(value, text, len);
	value[len] = '\0';
	return dtype_kind(dtype) == 'f' ? literal_float(dtype, value, elements, why)
	                                : literal_integer(dtype, value, elements, why);
}

int
literal_parse(
    const char *text, size_t len, struct literal *l, struct buf *elements, struct error *why)
{
	const char *end = text + len, *colon = memchr(text, ':', len);
	*l = (struct literal){.scalar = true};
	if (!colon)
		return error_set(why, "'%.*s': values are DTYPE:VALUE[,VALUE...], as in I64:3",
		    len > 80 ? 80 : (int)len, text);
	l->dtype = dtype_find(text, (size_t)(colon - text));
	if (l->dtype == DTYPE_COUNT || !literal_has(l->dtype))
		return error_set(why,
		    "'%.*s' is not a type for values: use BOOL, U8 to U64, I8 to I64, F32 or F64",
		    colon - text > 80 ? 80 : (int)(colon - text), text);
	for (const char *p = colon + 1, *stop;; p = stop + 1) {
		stop = memchr(p, ',', (size_t)(end - p));
		stop = stop ? stop : end;
		if (literal_value(l->dtype, p, (size_t)(stop - p), elements, why) != 0)
			return -1;
		if (++l->count > LITERAL_MAX)
			return error_set(why, "more than %d values", LITERAL_MAX);
		l->scalar &= stop == end;
		/* As in Python's (3,): a comma makes a vector, one at the end adds no value. */
		if (end - stop <= 1)
			return 0;
	}
}
