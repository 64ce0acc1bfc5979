#ifndef RSENC_BASE_KEYSET_H
#define RSENC_BASE_KEYSET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A set of keys that remembers a 64-bit hash of each, in about 12 bytes a key: three million
 * keys in 36 MiB. Two keys of one hash are taken for the same, which among three million
 * different ones happens by chance once in four million runs.
 */

enum { KEYSET_PARTS = 256 };

struct keyset {
	/* One table for each value of the hash's lowest byte: when a table grows, only a little is
	 * held twice. 0 is a free slot. */
	struct keyset_part {
		uint64_t *slot;
		uint32_t count, capacity;
	} part[KEYSET_PARTS];
};

/* The hash is that of hash_bytes, never 0. Returns 1 if it is new, else 0. */
int keyset_add(struct keyset *s, uint64_t hash);

bool keyset_has(const struct keyset *s, uint64_t hash);

void keyset_free(struct keyset *s);

#endif
