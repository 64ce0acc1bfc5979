#include "scan/links.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

/* An archive may link each of its files to a store of blobs: there may be as many links as
 * files, so they are found by a hash of what they lead to. Chains are numbers, not pointers, for
 * the array moves as it grows. */

static size_t
links_place(const struct links *l, const char *target)
{
	return (size_t)hash_bytes(target, strlen(target)) & (l->index_size - 1);
}

static void
links_enter(struct links *l, size_t i)
{
	size_t place = links_place(l, l->text.data + l->link[i].target);
	l->link[i].next = l->index[place];
	l->index[place] = (uint32_t)i + 1;
}

static int
links_grow(struct links *l)
{
	size_t capacity = l->capacity ? 2 * l->capacity : 64;
	/* What `next` and the index can tell. */
	if (capacity > UINT32_MAX / 2)
		return -1;
	struct link *link = realloc(l->link, capacity * sizeof *link);
	if (!link)
		return -1;
	l->link = link;
	uint32_t *index = calloc(capacity, sizeof *index);
	if (!index)
		return -1;
	free(l->index);
	l->index = index;
	l->capacity = l->index_size = capacity;
	for (size_t i = 0; i < l->count; i++)
		links_enter(l, i);
	return 0;
}

int
links_add(struct links *l, const char *path, const char *target, bool symbolic)
{
	if (l->count == l->capacity && links_grow(l) != 0)
		return -1;
	size_t at = l->text.len, len = strlen(path) + 1;
	if (buf_add(&l->text, path, len) != 0 || buf_add(&l->text, target, strlen(target) + 1) != 0)
		return -1;
	l->link[l->count] = (struct link){.path = at, .target = at + len, .symbolic = symbolic};
	links_enter(l, l->count++);
	l->left++;
	return 0;
}

const char *
links_take(struct links *l, const char *target, bool *symbolic)
{
	if (l->left == 0)
		return NULL;
	for (uint32_t i = l->index[links_place(l, target)]; i != 0; i = l->link[i - 1].next) {
		struct link *k = &l->link[i - 1];
		if (k->taken || strcmp(l->text.data + k->target, target) != 0)
			continue;
		k->taken = true;
		*symbolic = k->symbolic;
		l->left--;
		return l->text.data + k->path;
	}
	return NULL;
}

const char *
links_rest(const struct links *l, size_t *at, const char **target)
{
	while (*at < l->count) {
		const struct link *k = &l->link[(*at)++];
		if (k->taken)
			continue;
		*target = l->text.data + k->target;
		return l->text.data + k->path;
	}
	return NULL;
}

void
links_free(struct links *l)
{
	buf_free(&l->text);
	free(l->link);
	free(l->index);
	*l = (struct links){0};
}
