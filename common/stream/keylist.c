#include "stream/keylist.h"

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
	char ended[2 * KEY_MAX + 1]; /* group_key wants the tab; each byte may be escaped */
	struct buf key = {0};
	if (key_len > (size_t)2 * KEY_MAX)
		return error_set(why, "the key is longer than %d bytes", KEY_MAX);
	memcpy(ended, line, key_len);
	ended[key_len] = '\t';
	int bad = group_key(ended, key_len + 1, &key, why);
	if (bad != 0) {
		buf_free(&key);
		return bad;
	}
	struct keylist_key added = {key.data, key.len};
	buf_add(&k->keys, &added, sizeof added);
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
	size_t added = k->keys.len / sizeof *k->key;
	k->key = (struct keylist_key *)(void *)k->keys.data;
	if (added > 0)
		qsort(k->key, added, sizeof *k->key, compare_keys);
	for (size_t i = k->count = 0; i < added; i++) {
		if (k->count > 0 && compare_keys(&k->key[k->count - 1], &k->key[i]) == 0)
			free(k->key[i].bytes);
		else
			k->key[k->count++] = k->key[i];
	}
}

void
keylist_free(struct keylist *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->key[i].bytes);
	buf_free(&k->keys);
	*k = (struct keylist){0};
}
