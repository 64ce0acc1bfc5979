#ifndef RSENC_SCAN_UNFINISHED_H
#define RSENC_SCAN_UNFINISHED_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/* The groups that are being put together in one directory: found by rule and key, kept in the
 * order in which they were begun. Strings are kept as offsets into `text`, 0 for none. */

struct pile_place {
	size_t dir, name;
};

struct pile_group {
	uint64_t hash;
	size_t rule; /* its number */
	size_t key, key_len;
	size_t places; /* the first of its places, one a file */
	size_t count, found;
	size_t first;            /* of its files, the one that was met first */
	size_t twice;            /* a file that was met twice, as a number from 1 */
	struct pile_place again; /* where it was met the second time */
};

struct pile {
	struct buf text;
	struct pile_group *groups;
	size_t count, capacity;
	struct pile_place *places;
	size_t place_count, place_capacity;
	uint32_t *index; /* hash table of group numbers from 1 */
	size_t index_size;
	size_t dir; /* the directory of the last file */
	uint64_t dir_number;
};

/* The group of that rule and key; a new one of `count` files is begun if there is none. NULL when
 * there is no memory. Valid until the next call. */
struct pile_group *
pile_group(struct pile *p, size_t rule, const char *key, size_t key_len, size_t count);

/* Puts file number `file` of a group in its place. `dir_number` tells directories apart. Returns
 * 0, or -1 when there is no memory. */
int pile_put(struct pile *p, struct pile_group *g, size_t file, const char *dir,
    uint64_t dir_number, const char *name);

/* Forgets all groups. */
void pile_clear(struct pile *p);

void pile_free(struct pile *p);

#endif
