#include "base/utf8.h"

size_t
utf8_sequence(const unsigned char *s, size_t len)
{
	/* Lead bytes with the range that the second byte must lie in; RFC 3629, section 4. */
	static const struct {
		unsigned char first, last, low, high;
		size_t len;
	} forms[] = {
	    {0x00, 0x7f, 0, 0, 1},
	    {0xc2, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; len > 0 && i < sizeof forms / sizeof *forms; i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		size_t n = forms[i].len;
		if (n > len)
			return 0;
		if (n > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < n; k++) {
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		}
		return n;
	}
	return 0;
}

size_t
utf8_valid_until(const char *s, size_t len)
{
	size_t at = 0;
	while (at < len) {
		size_t n = utf8_sequence((const unsigned char *)s + at, len - at);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}
