#include "base/keyset.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 64 };

/* The slot that holds the hash, or the free one where it belongs. The upper half of the hash,
 * scaled to the table, is where to begin: a table may have any size. */
static uint64_t *
keyset_slot(const struct keyset_part *p, uint64_t hash)
{
	uint32_t at = (uint32_t)((hash >> 32) * p->capacity >> 32);
	while (p->slot[at] != 0 && p->slot[at] != hash)
		at = at + 1 < p->capacity ? at + 1 : 0;
	return &p->slot[at];
}

static void
keyset_grow(struct keyset_part *p)
{
	struct keyset_part larger = {.count = p->count};
	larger.capacity = p->capacity ? p->capacity + p->capacity / 2 : CAPACITY_MIN;
	larger.slot = xcalloc(larger.capacity, sizeof *larger.slot);
	for (uint32_t i = 0; i < p->capacity; i++) {
		if (p->slot[i] != 0)
			*keyset_slot(&larger, p->slot[i]) = p->slot[i];
	}
	free(p->slot);
	*p = larger;
}

int
keyset_add(struct keyset *s, uint64_t hash)
{
	struct keyset_part *p = &s->part[hash % KEYSET_PARTS];
	if (p->count >= p->capacity - p->capacity / 8)
		keyset_grow(p);
	uint64_t *slot = keyset_slot(p, hash);
	if (*slot == hash)
		return 0;
	*slot = hash;
	p->count++;
	return 1;
}

bool
keyset_has(const struct keyset *s, uint64_t hash)
{
	const struct keyset_part *p = &s->part[hash % KEYSET_PARTS];
	return p->capacity > 0 && *keyset_slot(p, hash) == hash;
}

void
keyset_free(struct keyset *s)
{
	for (size_t i = 0; i < KEYSET_PARTS; i++)
		free(s->part[i].slot);
	*s = (struct keyset){0};
}
