#include "scan/repeats.h"

#include <stdlib.h>
#include <string.h>

int
repeats_add(struct repeats *r, const char *key, const char *path)
{
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 64;
		struct repeat *grown = realloc(r->repeat, capacity * sizeof *grown);
		if (!grown)
			return -1;
		r->repeat = grown;
		r->capacity = capacity;
	}
	struct repeat new = {.key = strdup(key), .path = strdup(path), .order = r->count};
	if (!new.key || !new.path) {
		free(new.key);
		free(new.path);
		return -1;
	}
	r->repeat[r->count++] = new;
	return 0;
}

static int
repeats_compare(const void *va, const void *vb)
{
	const struct repeat *a = va, *b = vb;
	int order = strcmp(a->key, b->key);
	/* qsort is not stable, and messages come in the order of the walk. */
	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

void
repeats_sort(struct repeats *r)
{
	if (r->count > 0)
		qsort(r->repeat, r->count, sizeof *r->repeat, repeats_compare);
}

/* The first walk keeps a hash of each key, not where it was: 12 bytes a patch instead of 100 and more.
 * Keys that come twice are a mistake, so that whoever makes it waits for a second walk, and no one else
 * pays. */
int
repeats_seen(struct repeats *r, const char *key, const char *path)
{
	size_t low = 0, high = r->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(r->repeat[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < r->count && strcmp(r->repeat[low].key, key) == 0; low++) {
		struct repeat *found = &r->repeat[low];
		if (found->seen++ == 0)
			found->before = strdup(path);
		if (!found->before)
			return -1;
	}
	return 0;
}

void
repeats_free(struct repeats *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->repeat[i].key);
		free(r->repeat[i].path);
		free(r->repeat[i].before);
	}
	free(r->repeat);
	*r = (struct repeats){0};
}
