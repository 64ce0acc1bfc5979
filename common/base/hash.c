#include "base/hash.h"

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
