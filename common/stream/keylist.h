#ifndef RSENC_STREAM_KEYLIST_H
#define RSENC_STREAM_KEYLIST_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

/* Keys that a user asked for, to be looked up in the order of the database. All zero is empty. */

struct keylist_key {
	const char *bytes;
	size_t len;
};

struct keylist_place {
	size_t at, len; /* of a key in the text */
};

struct keylist {
	struct keylist_key *key; /* sorted, each once; belongs to the list */
	size_t count;
	struct buf text, places; /* private */
};

/* Adds the key that stands at the start of a line, before a tab or the end, escaped as in
 * rsenc-groups(5). Returns 0, or -1 with the reason. */
int keylist_add(struct keylist *k, const char *line, size_t len, struct error *why);

/* After the last keylist_add: sets `key` and `count`. */
void keylist_sort(struct keylist *k);

void keylist_free(struct keylist *k);

#endif
