#include "scan/unfinished.h"

#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_MIN = 16, KEEP_BYTES = 1 << 20 };

static const char *
unfinished_text(const struct unfinished *p, size_t at)
{
	return p->text.data + at;
}

/* Keeps a string. Returns its offset, or 0 when there is no memory. */
static size_t
unfinished_keep(struct unfinished *p, const char *bytes, size_t len)
{
	if (p->text.len == 0 && buf_add(&p->text, "", 1) != 0)
		return 0;
	size_t at = p->text.len;
	if (buf_reserve(&p->text, len + 1) != 0)
		return 0;
	memcpy(p->text.data + at, bytes, len);
	p->text.data[at + len] = '\0';
	p->text.len += len + 1;
	return at;
}

/* Makes room for `extra` more elements of `size` bytes. */
static bool
unfinished_grow(void **array, size_t *capacity, size_t count, size_t extra, size_t size)
{
	if (extra <= *capacity - count)
		return true;
	size_t wanted = count + extra > 2 * *capacity ? count + extra : 2 * *capacity;
	void *grown = wanted > SIZE_MAX / size ? NULL : realloc(*array, wanted * size);
	if (!grown)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}

/* The slot of the index that holds the group, or the free one where it belongs. */
static uint32_t *
unfinished_slot(
    const struct unfinished *p, uint64_t hash, size_t rule, const char *key, size_t key_len)
{
	size_t at = hash & (p->index_size - 1);
	for (; p->index[at] != 0; at = (at + 1) & (p->index_size - 1)) {
		const struct unfinished_group *g = &p->groups[p->index[at] - 1];
		if (g->hash == hash && g->rule == rule && g->key_len == key_len &&
		    memcmp(unfinished_text(p, g->key), key, key_len) == 0)
			break;
	}
	return &p->index[at];
}

static bool
unfinished_grow_index(struct unfinished *p)
{
	if (2 * (p->count + 1) <= p->index_size)
		return true;
	size_t size = p->index_size ? 2 * p->index_size : INDEX_MIN;
	uint32_t *index = p->count < UINT32_MAX / 2 ? calloc(size, sizeof *index) : NULL;
	if (!index)
		return false;
	free(p->index);
	p->index = index;
	p->index_size = size;
	for (size_t i = 0; i < p->count; i++) {
		const struct unfinished_group *g = &p->groups[i];
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): so many are there */
		*unfinished_slot(
		    p, g->hash, g->rule, unfinished_text(p, g->key), g->key_len) = (uint32_t)i + 1;
	}
	return true;
}

struct unfinished_group *
unfinished_group(struct unfinished *p, size_t rule, const char *key, size_t key_len, size_t count)
{
	/* Files of one group mostly follow one another. */
	struct unfinished_group *last = p->count > 0 ? &p->groups[p->count - 1] : NULL;
	if (last && last->rule == rule && last->key_len == key_len &&
	    memcmp(unfinished_text(p, last->key), key, key_len) == 0)
		return last;

	uint64_t hash = hash_bytes(key, key_len);
	if (!unfinished_grow_index(p) ||
	    !unfinished_grow((void **)&p->groups, &p->capacity, p->count, 1, sizeof *p->groups) ||
	    !unfinished_grow(
	        (void **)&p->places, &p->place_capacity, p->place_count, count, sizeof *p->places))
		return NULL;
	uint32_t *slot = unfinished_slot(p, hash, rule, key, key_len);
	if (*slot != 0)
		return &p->groups[*slot - 1];
	size_t kept = unfinished_keep(p, key, key_len);
	if (kept == 0)
		return NULL;
	struct unfinished_group *g = &p->groups[p->count++];
	*g = (struct unfinished_group){.hash = hash, .rule = rule, .key = kept, .key_len = key_len};
	g->places = p->place_count;
	g->count = count;
	memset(p->places + g->places, 0, count * sizeof *p->places);
	p->place_count += count;
	*slot = (uint32_t)p->count;
	return g;
}

int
unfinished_put(struct unfinished *p, struct unfinished_group *g, size_t file, const char *dir,
    uint64_t dir_number, const char *name, uint64_t where)
{
	struct unfinished_place *place = &p->places[g->places + file];
	bool again = place->name != 0;
	if (again && g->twice)
		return 0;
	if (p->dir == 0 || p->dir_number != dir_number) {
		p->dir = unfinished_keep(p, dir, strlen(dir));
		p->dir_number = dir_number;
	}
	struct unfinished_place at = {p->dir, unfinished_keep(p, name, strlen(name)), where};
	if (at.dir == 0 || at.name == 0)
		return -1;
	if (again) {
		g->twice = file + 1;
		g->again = at;
		return 0;
	}
	if (g->found++ == 0)
		g->first = file;
	*place = at;
	return 0;
}

void
unfinished_clear(struct unfinished *p)
{
	/* One huge directory must not cost every later one the clearing of its index. */
	if (p->text.capacity > KEEP_BYTES) {
		unfinished_free(p);
		return;
	}
	if (p->count > 0)
		memset(p->index, 0, p->index_size * sizeof *p->index);
	p->count = p->place_count = p->text.len = p->dir = 0;
}

void
unfinished_free(struct unfinished *p)
{
	buf_free(&p->text);
	free(p->groups);
	free(p->places);
	free(p->index);
	*p = (struct unfinished){0};
}
