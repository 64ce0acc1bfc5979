#include "repeats.h"

#include <stdlib.h>
#include <string.h>

static char *
path_of(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);
	char *path = malloc(dir_len + name_len + 2);
	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	if (dir_len == 0 || dir[dir_len - 1] != '/')
		path[dir_len++] = '/';
	memcpy(path + dir_len, name, name_len + 1);
	return path;
}

int
repeats_add(struct repeats *r, const char *key, size_t key_len, const char *dir, const char *name)
{
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 64;
		struct repeat *grown = realloc(r->repeat, capacity * sizeof *grown);
		if (!grown)
			return -1;
		r->repeat = grown;
		r->capacity = capacity;
	}
	struct repeat new = {.key = malloc(key_len + 1), .key_len = key_len, .order = r->count};
	new.path = path_of(dir, name);
	if (!new.key || !new.path) {
		free(new.key);
		free(new.path);
		return -1;
	}
	memcpy(new.key, key, key_len);
	new.key[key_len] = '\0';
	r->repeat[r->count++] = new;
	return 0;
}

static int
compare_key(const struct repeat *a, const char *key, size_t key_len)
{
	size_t common = a->key_len < key_len ? a->key_len : key_len;
	int order = memcmp(a->key, key, common);
	return order != 0 ? order : (a->key_len > key_len) - (a->key_len < key_len);
}

static int
compare(const void *va, const void *vb)
{
	const struct repeat *a = va, *b = vb;
	int order = compare_key(a, b->key, b->key_len);
	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

void
repeats_sort(struct repeats *r)
{
	if (r->count > 0)
		qsort(r->repeat, r->count, sizeof *r->repeat, compare);
}

int
repeats_seen(struct repeats *r, const char *key, size_t key_len, const char *dir, const char *name)
{
	size_t low = 0, high = r->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_key(&r->repeat[middle], key, key_len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < r->count && compare_key(&r->repeat[low], key, key_len) == 0; low++) {
		struct repeat *found = &r->repeat[low];
		if (found->before)
			break;
		found->before = path_of(dir, name);
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
