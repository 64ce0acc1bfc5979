#include "base/bytes.h"

#include <stdbool.h>
#include <string.h>

int
bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
	size_t shorter = a_len < b_len ? a_len : b_len;
	int order = shorter > 0 ? memcmp(a, b, shorter) : 0;
	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), its bits mixed so that each of them
 * depends on all of the key. */
uint64_t
hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
	h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	return h ? h : 1;
}

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
longest_zeros(const void *bytes, size_t len, size_t *begin)
{
	const unsigned char *s = bytes;
	size_t longest = 0;
	*begin = 0;
	for (size_t at = 0; at < len; at++) {
		const unsigned char *zero = memchr(s + at, 0, len - at);
		if (!zero)
			break;
		size_t from = at = (size_t)(zero - s);
		while (at < len && s[at] == 0)
			at++;
		if (at - from > longest) {
			longest = at - from;
			*begin = from;
		}
	}
	return longest;
}
