#include "stream/keylist.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

int
keylist_add(struct keylist *k, const char *line, size_t len, struct error *why)
{
	/* Group lines serve as a list of keys: only the text before the tab counts. */
	const char *tab = memchr(line, '\t', len);
	size_t key_len = tab ? (size_t)(tab - line) : len;
	struct keylist_place place = {.at = k->text.len};
	char ended[2 * KEY_MAX + 1]; /* group_key wants the tab; each byte may be escaped */
	if (key_len > (size_t)2 * KEY_MAX)
		return error_set(why, "the key is longer than %d bytes", KEY_MAX);
	memcpy(ended, line, key_len);
	ended[key_len] = '\t';
	if (group_key(ended, key_len + 1, &k->text, why) != 0) {
		k->text.len = place.at;
		return -1;
	}
	place.len = k->text.len - place.at;
	buf_add(&k->places, &place, sizeof place);
	return 0;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct keylist_key *x = a, *y = b;
	return bytes_compare(x->bytes, x->len, y->bytes, y->len);
}

void
keylist_sort(struct keylist *k)
{
	const struct keylist_place *place = (const void *)k->places.data;
	size_t added = k->places.len / sizeof *place;
	/* Pointers only now: adding moved the text. */
	k->key = xcalloc(added, sizeof *k->key);
	for (size_t i = 0; i < added; i++)
		k->key[i] = (struct keylist_key){k->text.data + place[i].at, place[i].len};
	qsort(k->key, added, sizeof *k->key, compare_keys);
	k->count = 0;
	for (size_t i = 0; i < added; i++) {
		if (k->count == 0 || compare_keys(&k->key[k->count - 1], &k->key[i]) != 0)
			k->key[k->count++] = k->key[i];
	}
}

void
keylist_free(struct keylist *k)
{
	free(k->key);
	buf_free(&k->text);
	buf_free(&k->places);
	*k = (struct keylist){0};
}
