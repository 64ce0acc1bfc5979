#ifndef RSENC_SCAN_ARENA_H
#define RSENC_SCAN_ARENA_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory for millions of small things of all sizes: a handle of 4 bytes instead of a pointer of 8,
 * nothing but padding to 4 bytes beside each, and a chunk is used again when all in it was dropped.
 * That suits what goes about in the order in which it came, as groups do whose parts lie in
 * sibling trees. At most 16 GiB.
 */

enum {
	ARENA_CHUNK = 1 << 16, /* bytes */
	ARENA_UNIT = 4,        /* what handles count, and to what things are aligned */
	ARENA_MAX = ARENA_CHUNK - ARENA_UNIT
};

/* All zero is empty. */
struct arena {
	struct arena_chunk {
		char *data;
		uint32_t live; /* things in it */
		uint32_t next; /* unused chunk, as a number from 1 */
	} * chunk;
	size_t chunk_count, capacity;
	uint32_t unused;  /* chunks: the first one, as a number from 1 */
	uint32_t current; /* the chunk that is filled, as a number from 1 */
	uint32_t used;    /* units of it */
};

/* Room for `size` bytes, at most ARENA_MAX. Returns its handle, 0 when there is no memory. What
 * arena_at returned stays valid. */
uint32_t arena_new(struct arena *a, size_t size);

/* Where a thing lies. */
static inline void *
arena_at(const struct arena *a, uint32_t handle)
{
	const uint32_t units = ARENA_CHUNK / ARENA_UNIT;
	return a->chunk[handle / units].data + (size_t)(handle % units) * ARENA_UNIT;
}

void arena_drop(struct arena *a, uint32_t handle);

/* Drops everything; one chunk is kept. */
void arena_clear(struct arena *a);

void arena_free(struct arena *a);

#endif
