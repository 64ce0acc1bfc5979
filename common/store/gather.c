#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

void
gather_start(struct gather *g, size_t limit)
{
	*g = (struct gather){.limit = limit};
}

bool
gather_fits(const struct gather *g, size_t key_len, uint64_t value_len)
{
	return value_len <= g->limit && key_len <= g->limit - (size_t)value_len;
}

bool
gather_has_room(const struct gather *g, size_t key_len, uint64_t value_len)
{
	return gather_fits(g, key_len, value_len) &&
	       g->used + key_len + (size_t)value_len <= g->limit;
}

char *
gather_add(struct gather *g, const void *key, size_t key_len, size_t value_len)
{
	/* All at once: what was handed out must stay where it is. Pages that are not used cost nothing. */
	if (!g->bytes && !(g->bytes = malloc(g->limit)))
		return NULL;
	if (g->count == g->room) {
		size_t room = g->room > 0 ? 2 * g->room : 1024;
		struct gathered *items = realloc(g->items, room * sizeof *items);
		if (!items)
			return NULL;
		g->items = items;
		g->room = room;
	}
	g->items[g->count++] = (struct gathered){g->used, (uint32_t)key_len, (uint32_t)value_len};
	memcpy(g->bytes + g->used, key, key_len);
	char *value = g->bytes + g->used + key_len;
	g->used += key_len + value_len;
	return value;
}

void
gather_undo(struct gather *g)
{
	g->used = g->items[--g->count].at;
}

/* qsort has no context of its own, and a load is one at a time. */
static const char *sorted_bytes;

/* As LMDB compares keys; what came first stays first. */
static int
compare_keys(const void *a, const void *b)
{
	const struct gathered *x = a, *y = b;
	size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
	int order = memcmp(sorted_bytes + x->at, sorted_bytes + y->at, len);
	if (order == 0)
		order = (x->key_len > y->key_len) - (x->key_len < y->key_len);
	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

void
gather_sort(struct gather *g)
{
	sorted_bytes = g->bytes;
	if (g->count > 1)
		qsort(g->items, g->count, sizeof *g->items, compare_keys);
}

const char *
gather_key(const struct gather *g, size_t i)
{
	return g->bytes + g->items[i].at;
}

const char *
gather_value(const struct gather *g, size_t i)
{
	return g->bytes + g->items[i].at + g->items[i].key_len;
}

void
gather_clear(struct gather *g)
{
	g->count = g->used = 0;
}

void
gather_free(struct gather *g)
{
	free(g->items);
	free(g->bytes);
	*g = (struct gather){.limit = 0};
}
