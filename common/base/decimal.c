#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What needs no search for the least number of digits. */
static bool
is_plain(char *to, double value)
{
	if (isnan(value))
		snprintf(to, DECIMAL_SIZE, "nan"); /* without a sign */
	else if (value == 0)
		snprintf(to, DECIMAL_SIZE, "0");
	else if (fabs(value) < 1e15 && value == trunc(value))
		snprintf(to, DECIMAL_SIZE, "%.0f", value);
	else
		return false;
	return true;
}

void
decimal_double(char *to, double value)
{
	int digits = 15;
	if (is_plain(to, value))
		return;
	do {
		snprintf(to, DECIMAL_SIZE, "%.*g", digits, value);
	} while (strtod(to, NULL) != value && ++digits <= 17);
}

void
decimal_float(char *to, double value)
{
	int digits = 6;
	if (is_plain(to, value))
		return;
	do {
		snprintf(to, DECIMAL_SIZE, "%.*g", digits, value);
	} while ((double)strtof(to, NULL) != value && ++digits <= 9);
}
