#include "stream/keylist.h"

#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

int
keylist_add(struct keylist *k, const char *line, size_t len, struct error *why)
{
	/* Group lines serve as a list of keys as they are: what stands behind the tab is left
	 * out. */
	const char *tab = memchr(line, '\t', len);
	size_t key_len = tab ? (size_t)(tab - line) : len;
	size_t before = k->text.len;
	if (key_len > (size_t)2 * KEY_MAX)
		return error_set(why, "the key is longer than %d bytes", KEY_MAX);
	char ended[2 * KEY_MAX + 1]; /* group_key wants the tab */
	memcpy(ended, line, key_len);
	ended[key_len] = '\t';
	if (group_key(ended, key_len + 1, &k->text, why) != 0) {
		/* The keys lie one behind another, told apart by their lengths alone: nothing of
		 * a bad one may stay between them. */
		k->text.len = before;
		return -1;
	}
	size_t unescaped = k->text.len - before;
	if (buf_add(&k->lengths, &unescaped, sizeof unescaped) != 0)
		return error_set(why, "out of memory");
	return 0;
}

static int
keylist_compare(const void *a, const void *b)
{
	const struct keylist_key *x = a, *y = b;
	size_t shorter = x->len < y->len ? x->len : y->len;
	/* As LMDB compares keys: bytes without sign, and of two that begin alike the shorter
	 * first. */
	int order = memcmp(x->bytes, y->bytes, shorter);
	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

int
keylist_sort(struct keylist *k, struct error *why)
{
	size_t added = k->lengths.len / sizeof(size_t), at = 0;
	k->count = 0;
	if (added == 0)
		return 0;
	/* Pointers only now: adding moved the text. */
	k->key = calloc(added, sizeof *k->key);
	if (!k->key)
		return error_set(why, "out of memory");
	for (size_t i = 0; i < added; i++) {
		k->key[i].bytes = k->text.data + at;
		memcpy(&k->key[i].len, k->lengths.data + i * sizeof(size_t), sizeof(size_t));
		at += k->key[i].len;
	}
	/* In the order of the database, so that its pages are read forward, each once. */
	qsort(k->key, added, sizeof *k->key, keylist_compare);
	for (size_t i = 0; i < added; i++) {
		/* A key that was asked for twice is given once. */
		if (k->count == 0 || keylist_compare(&k->key[k->count - 1], &k->key[i]) != 0)
			k->key[k->count++] = k->key[i];
	}
	return 0;
}

void
keylist_free(struct keylist *k)
{
	free(k->key);
	buf_free(&k->text);
	buf_free(&k->lengths);
	*k = (struct keylist){0};
}
