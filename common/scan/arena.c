#include "scan/arena.h"

#include <stdlib.h>

enum { ARENA_UNITS = ARENA_CHUNK / ARENA_UNIT };

/* Makes an unused chunk the current one. Returns 0, or -1 when there is no memory. */
static int
arena_next_chunk(struct arena *a)
{
	if (a->unused == 0) {
		if (a->chunk_count == a->capacity) {
			size_t capacity = a->capacity ? 2 * a->capacity : 4;
			struct arena_chunk *grown = realloc(a->chunk, capacity * sizeof *grown);
			if (!grown)
				return -1;
			a->chunk = grown;
			a->capacity = capacity;
		}
		/* A handle is 32 bits. */
		if (a->chunk_count > UINT32_MAX / ARENA_UNITS - 1)
			return -1;
		char *data = malloc(ARENA_CHUNK);
		if (!data)
			return -1;
		a->chunk[a->chunk_count++] = (struct arena_chunk){.data = data};
		a->unused = (uint32_t)a->chunk_count;
	}
	a->current = a->unused;
	a->unused = a->chunk[a->current - 1].next;
	a->used = 1; /* so that no handle is 0 */
	return 0;
}

uint32_t
arena_new(struct arena *a, size_t size)
{
	uint32_t units = (uint32_t)((size + ARENA_UNIT - 1) / ARENA_UNIT);
	if (size > ARENA_MAX)
		return 0;
	if ((a->current == 0 || a->used + units > ARENA_UNITS) && arena_next_chunk(a) != 0)
		return 0;
	uint32_t handle = (a->current - 1) * ARENA_UNITS + a->used;
	a->used += units;
	a->chunk[a->current - 1].live++;
	return handle;
}

void
arena_drop(struct arena *a, uint32_t handle)
{
	uint32_t number = handle / ARENA_UNITS + 1;
	struct arena_chunk *chunk = &a->chunk[number - 1];
	/* Memory is used again a chunk at a time: no list of holes is kept. */
	if (--chunk->live > 0)
		return;
	if (number == a->current) {
		a->used = 1;
	} else {
		chunk->next = a->unused;
		a->unused = number;
	}
}

void
arena_clear(struct arena *a)
{
	/* One chunk stays: an arena that was emptied is soon filled again, by the next
	 * directory. */
	while (a->chunk_count > 1)
		free(a->chunk[--a->chunk_count].data);
	a->current = (uint32_t)a->chunk_count;
	a->unused = 0;
	a->used = 1;
	if (a->chunk_count == 1)
		a->chunk[0].live = a->chunk[0].next = 0;
}

void
arena_free(struct arena *a)
{
	while (a->chunk_count > 0)
		free(a->chunk[--a->chunk_count].data);
	free(a->chunk);
	*a = (struct arena){0};
}
