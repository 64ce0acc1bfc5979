#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What needs no search for the least number of digits. */
static bool
decimal_plain(char *to, double value)
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
decimal_text(char *to, double value, enum decimal_type type)
{
	int digits = type == DECIMAL_FLOAT ? 6 : 15, most = type == DECIMAL_FLOAT ? 9 : 17;
	bool same;
	if (decimal_plain(to, value))
		return;
	do {
		snprintf(to, DECIMAL_SIZE, "%.*g", digits, value);
		same = type == DECIMAL_FLOAT ? (double)strtof(to, NULL) == value
		                             : strtod(to, NULL) == value;
	} while (!same && ++digits <= most);
}
