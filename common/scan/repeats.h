#ifndef RSENC_SCAN_REPEATS_H
#define RSENC_SCAN_REPEATS_H

#include <stddef.h>

/* Groups whose key was there before, each with the path of its first file. Where the key was
 * before is not known until the trees were walked once more. */

struct repeat {
	char *key;
	char *path;
	char *before; /* path of the group that was there before, NULL: not found */
	size_t seen;  /* how often repeats_seen was told of the key */
	size_t order; /* of repeats_add */
};

struct repeats {
	struct repeat *repeat;
	size_t count, capacity;
};

/* Remembers a group. Returns 0, or -1 when there is no memory. */
int repeats_add(struct repeats *r, const char *key, const char *path);

/* Sorts by key: call once, after the last repeats_add. */
void repeats_sort(struct repeats *r);

/* A group, in the order of a walk: the first one of each key is the one that was there before.
 * Returns 0, or -1 when there is no memory. */
int repeats_seen(struct repeats *r, const char *key, const char *path);

void repeats_free(struct repeats *r);

#endif
