#ifndef RSENC_STREAM_KEYLIST_H
#define RSENC_STREAM_KEYLIST_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

/* Keys that a user asked for, to be looked up in the order of the database. All zero is empty. */
struct keylist {
	struct keylist_key {
		char *bytes;
		size_t len;
	} * key; /* once sorted: in order, each once; belongs to the list */
	size_t count;
	struct buf keys; /* private */
};

/* Adds the key that stands at the start of a line, before a tab or the end, escaped as in
 * rsenc-groups(5). Returns 0, or -1 with the reason, -2 as group_key. */
int keylist_add(struct keylist *k, const char *line, size_t len, struct error *why);

/* After the last keylist_add: sets `key` and `count`. */
void keylist_sort(struct keylist *k);

void keylist_free(struct keylist *k);

#endif
