#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits of `text` up to `end`. */
static const char *
number_parse_unit(
    const char *text, const char *end, uint64_t unit, uint64_t min, uint64_t max, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || text + digits != end)
		return "is not a whole number";
	errno = 0;
	unsigned long long n = strtoull(text, NULL, 10);
	if (errno == ERANGE || n > UINT64_MAX / unit || n * unit > max)
		return "is too large";
	if (n * unit < min)
		return "is too small";
	*value = n * unit;
	return NULL;
}

const char *
number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	return number_parse_unit(text, text + strlen(text), 1, min, max, value);
}

const char *
number_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	static const char suffixes[] = "KMGT";
	size_t len = strlen(text);
	const char *suffix = len ? strchr(suffixes, text[len - 1]) : NULL;
	if (!suffix)
		return number_parse_unit(text, text + len, 1, min, max, value);
	uint64_t unit = UINT64_C(1) << (10 * (suffix - suffixes + 1));
	return number_parse_unit(text, text + len - 1, unit, min, max, value);
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
