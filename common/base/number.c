#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
number_parse_unit(const char *text, const char *units, uint64_t min, uint64_t max, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
	if (digits == 0 || text[digits + (unit ? 1 : 0)] != '\0')
		return "is not a whole number";
	errno = 0;
	unsigned long long n = strtoull(text, NULL, 10);
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;
	if (errno == ERANGE || n > UINT64_MAX >> shift || n << shift > max)
		return "is too large";
	if (n << shift < min)
		return "is too small";
	*value = n << shift;
	return NULL;
}

const char *
number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	return number_parse_unit(text, "", min, max, value);
}

bool
decimal_parse(const char *text, double *value)
{
	char *end;
	*value = strtod(text, &end);
	/* strtod would pass over spaces, which on a command line are somebody's mistake. */
	return end != text && !*end && !strchr(" \t\n\v\f\r", *text);
}

void
decimal_text(char *to, double value, enum decimal_type type)
{
	int digits = type == DECIMAL_FLOAT ? 6 : 15, most = type == DECIMAL_FLOAT ? 9 : 17;
	bool same;
	/* Whole numbers without an exponent; zero and NaN without a sign. */
	if (isnan(value) || value == 0)
		snprintf(to, DECIMAL_SIZE, isnan(value) ? "nan" : "0");
	else if (fabs(value) < 1e15 && value == (double)(int64_t)value)
		snprintf(to, DECIMAL_SIZE, "%.0f", value);
	else
		do {
			snprintf(to, DECIMAL_SIZE, "%.*g", digits, value);
			same = type == DECIMAL_FLOAT ? (double)strtof(to, NULL) == value
			                             : strtod(to, NULL) == value;
		} while (!same && ++digits <= most);
}
