#include "tensor/nodata.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT 0x1p53 /* below it every whole number is a double */

bool
nodata_parse(const char *text, struct nodata *n)
{
	char *end;
	*n = (struct nodata){.set = true, .value = strtod(text, &end)};
	/* strtod would pass over spaces, which on a command line are somebody's mistake. */
	if (end == text || *end || strchr(" \t\n\v\f\r", *text))
		return false;
	n->as_float = (double)strtof(text, NULL);
	errno = 0;
	n->bits = *text == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
	n->whole = errno == 0 && !*end;
	if (!n->whole && n->value == trunc(n->value) && fabs(n->value) < EXACT) {
		n->bits = (uint64_t)(int64_t)n->value; /* as in -9999.0 */
		n->whole = true;
	}
	n->negative = n->value < 0;
	return true;
}

double
nodata_for(const struct nodata *n, enum dtype dtype)
{
	if (!n->set)
		return (double)NAN;
	return dtype == DTYPE_F32 ? n->as_float : n->value;
}

bool
nodata_is64(const struct nodata *n, bool is_signed, uint64_t bits)
{
	if (!n->set || !n->whole || n->bits != bits)
		return false;
	/* One pattern of bits is two numbers: -1 and 2^64 - 1. */
	bool below_zero = bits >> 63;
	return is_signed ? n->negative == below_zero : !n->negative;
}
