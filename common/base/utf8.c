#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>

size_t
utf8_sequence(const unsigned char *s, size_t len)
{
	/* The least code point of each length, before which there is a shorter form. */
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (len == 0 || s[0] < 0x80)
		return len > 0;
	size_t n = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf8 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	uint32_t point = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	bool surrogate = point >= 0xd800 && point < 0xe000;
	return point < least[n] || point > 0x10ffff || surrogate ? 0 : n;
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
