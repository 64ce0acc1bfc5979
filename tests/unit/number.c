#include "base/number.h"
#include "tap.h"

#include <string.h>

static const struct {
	const char *text;
	int size; /* with a suffix */
	uint64_t min, max, value;
	const char *why; /* NULL: it is right */
} cases[] = {
    {"0", 0, 0, 9, 0, NULL},
    {"9", 0, 0, 9, 9, NULL},
    {"007", 0, 0, 9, 7, NULL},
    {"18446744073709551615", 0, 0, UINT64_MAX, UINT64_MAX, NULL},
    {"18446744073709551616", 0, 0, UINT64_MAX, 0, "large"},
    {"99999999999999999999999999", 0, 0, UINT64_MAX, 0, "large"},
    {"99999999999999999999999999x", 0, 0, UINT64_MAX, 0, "whole"},
    {"10", 0, 0, 9, 0, "large"},
    {"1", 0, 2, 9, 0, "small"},
    {"", 0, 0, 9, 0, "whole"},
    {"-1", 0, 0, 9, 0, "whole"},
    {"+1", 0, 0, 9, 0, "whole"},
    {" 1", 0, 0, 9, 0, "whole"},
    {"1 ", 0, 0, 9, 0, "whole"},
    {"10x", 0, 0, 99, 0, "whole"},
    {"0x1", 0, 0, 9, 0, "whole"},
    {"1K", 0, 0, 9999, 0, "whole"},
    {"7", 1, 0, 9, 7, NULL},
    {"1K", 1, 0, 9999, 1024, NULL},
    {"3M", 1, 0, UINT64_MAX, 3 << 20, NULL},
    {"2G", 1, 0, UINT64_MAX, UINT64_C(2) << 30, NULL},
    {"1T", 1, 0, UINT64_MAX, UINT64_C(1) << 40, NULL},
    {"16777215T", 1, 0, UINT64_MAX, UINT64_C(16777215) << 40, NULL},
    {"16777216T", 1, 0, UINT64_MAX, 0, "large"},
    {"1K", 1, 0, 1023, 0, "large"},
    {"1K", 1, 1025, 9999, 0, "small"},
    {"K", 1, 0, 9, 0, "whole"},
    {"", 1, 0, 9, 0, "whole"},
    {"1k", 1, 0, 9999, 0, "whole"},
    {"1KB", 1, 0, 9999, 0, "whole"},
    {"1KK", 1, 0, 9999, 0, "whole"},
    {"-1K", 1, 0, 9999, 0, "whole"},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t value = 42;
		const char *why = number_parse_unit(
		    cases[i].text, cases[i].size ? "KMGT" : "", cases[i].min, cases[i].max, &value);
		if (cases[i].why)
			ok(why && strstr(why, cases[i].why) && value == 42, "'%s' is refused: %s",
			    cases[i].text, cases[i].why);
		else
			ok(!why && value == cases[i].value, "'%s'", cases[i].text);
	}
	return tap_done();
}
