#include "base/bytes.h"

#include <string.h>

int
bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
	size_t shorter = a_len < b_len ? a_len : b_len;
	int order = shorter > 0 ? memcmp(a, b, shorter) : 0;
	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}
