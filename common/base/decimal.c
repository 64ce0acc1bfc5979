#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void
decimal_text(char *to, double value, enum decimal_type type)
{
	int digits = type == DECIMAL_FLOAT ? 6 : 15, most = type == DECIMAL_FLOAT ? 9 : 17;
	bool same;
	/* Whole numbers without an exponent; zero and NaN without a sign. */
	if (isnan(value) || value == 0)
		snprintf(to, DECIMAL_SIZE, isnan(value) ? "nan" : "0");
	else if (fabs(value) < 1e15 && value == trunc(value))
		snprintf(to, DECIMAL_SIZE, "%.0f", value);
	else
		do {
			snprintf(to, DECIMAL_SIZE, "%.*g", digits, value);
			same = type == DECIMAL_FLOAT ? (double)strtof(to, NULL) == value
			                             : strtod(to, NULL) == value;
		} while (!same && ++digits <= most);
}
