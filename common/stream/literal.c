#include "stream/literal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LITERAL_TEXT_MAX = 64 }; /* bytes of one value: no number that is meant takes more */

/* What an integer type holds. The types that are not here are floating-point, or can't be
 * written. */
static const struct literal_range {
	enum dtype dtype;
	int64_t min;
	uint64_t max;
} literal_ranges[] = {
    {DTYPE_BOOL, 0, 1},
    {DTYPE_U8, 0, UINT8_MAX},
    {DTYPE_I8, INT8_MIN, INT8_MAX},
    {DTYPE_U16, 0, UINT16_MAX},
    {DTYPE_I16, INT16_MIN, INT16_MAX},
    {DTYPE_U32, 0, UINT32_MAX},
    {DTYPE_I32, INT32_MIN, INT32_MAX},
    {DTYPE_U64, 0, UINT64_MAX},
    {DTYPE_I64, INT64_MIN, INT64_MAX},
};

static const struct literal_range *
literal_range(enum dtype dtype)
{
	for (size_t i = 0; i < sizeof literal_ranges / sizeof *literal_ranges; i++) {
		if (literal_ranges[i].dtype == dtype)
			return &literal_ranges[i];
	}
	return NULL;
}

bool
literal_has(enum dtype dtype)
{
	return dtype == DTYPE_F32 || dtype == DTYPE_F64 || literal_range(dtype);
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

/* Digits, and a minus sign where the type has one. Not strtoll: it takes spaces, a plus sign, and a
 * minus sign for unsigned types too. */
static int
literal_integer(
    const struct literal_range *r, const char *text, struct buf *elements, struct error *why)
{
	bool minus = *text == '-' && r->min < 0;
	const char *digits = text + minus;
	/* The least of a type is one farther from 0 than its greatest: its size is taken without
	 * a sign. */
	uint64_t n = 0, max = minus ? (uint64_t)0 - (uint64_t)r->min : r->max;
	if (*digits == '\0')
		return error_set(why, "'%s' is not a whole number", text);
	for (const char *p = digits; *p; p++) {
		if (*p < '0' || *p > '9')
			return error_set(why, "'%s' is not a whole number%s", text,
			    r->min == 0 && *text == '-' ? " from 0" : "");
		uint64_t digit = (uint64_t)(*p - '0');
		/* Before an overflow. The second half is for BOOL, where max - digit would wrap. */
		if (n > (max - digit) / 10 || digit > max)
			return error_set(
			    why, "'%s' does not fit into %s", text, dtype_name(r->dtype));
		n = n * 10 + digit;
	}
	literal_append(minus ? 0 - n : n, dtype_size(r->dtype), elements);
	return 0;
}

static int
literal_float(enum dtype dtype, const char *text, struct buf *elements, struct error *why)
{
	char *end;
	uint64_t bits = 0;
	double d;
	float f;
	bool overflow;
	errno = 0;
	if (dtype == DTYPE_F32) {
		/* Not strtod and then narrowed: that rounds twice, and may miss the nearest
		 * float. */
		f = strtof(text, &end);
		/* ERANGE comes for tiny numbers too; those become the nearest float, which is
		 * what was asked for. "inf" itself sets no ERANGE. */
		overflow = errno == ERANGE && isinf(f);
		uint32_t narrow;
		memcpy(&narrow, &f, sizeof narrow);
		bits = narrow;
	} else {
		d = strtod(text, &end);
		overflow = errno == ERANGE && isinf(d);
		memcpy(&bits, &d, sizeof bits);
	}
	/* strtod takes spaces before a number, and nothing for nothing. */
	if (end == text || *end != '\0' || strchr(" \t\n\v\f\r", *text))
		return error_set(why, "'%s' is not a number", text);
	if (overflow)
		return error_set(why, "'%s' does not fit into %s", text, dtype_name(dtype));
	literal_append(bits, dtype_size(dtype), elements);
	return 0;
}

int
literal_value(
    enum dtype dtype, const char *text, size_t len, struct buf *elements, struct error *why)
{
	char value[LITERAL_TEXT_MAX + 1];
	const struct literal_range *r = literal_range(dtype);
	if (len == 0)
		return error_set(why, "a value is empty");
	if (len > LITERAL_TEXT_MAX || memchr(text, '\0', len))
		return error_set(why, "'%.*s' is not a number", len > 64 ? 64 : (int)len, text);
	/* strtod needs an end, and the text is a piece of a line that is not ours to write to. */
	memcpy(value, text, len);
	value[len] = '\0';
	return r ? literal_integer(r, value, elements, why)
	         : literal_float(dtype, value, elements, why);
}

int
literal_parse(
    const char *text, size_t len, struct literal *l, struct buf *elements, struct error *why)
{
	const char *end = text + len, *colon = memchr(text, ':', len);
	struct buf unused = {0}, *to = elements ? elements : &unused;
	*l = (struct literal){.scalar = true};
	if (!colon)
		return error_set(why, "'%.*s': values are DTYPE:VALUE[,VALUE...], as in I64:3",
		    len > 80 ? 80 : (int)len, text);
	l->dtype = dtype_find(text, (size_t)(colon - text));
	if (l->dtype == DTYPE_COUNT || !literal_has(l->dtype))
		return error_set(why,
		    "'%.*s' is not a type for values: use BOOL, U8 to U64, I8 to I64, F32 or F64",
		    colon - text > 80 ? 80 : (int)(colon - text), text);
	int status = 0;
	for (const char *p = colon + 1; status == 0;) {
		const char *comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
		const char *stop = comma ? comma : end;
		status = literal_value(l->dtype, p, (size_t)(stop - p), to, why);
		if (status == 0 && ++l->count > LITERAL_MAX)
			status = error_set(why, "more than %d values", LITERAL_MAX);
		l->scalar &= !comma;
		/* As in Python's (3,): a comma makes a vector, one at the end adds no value. */
		p = stop + 1;
		if (!comma || p == end)
			break;
	}
	buf_free(&unused);
	return status;
}
