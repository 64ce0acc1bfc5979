#ifndef RSENC_SCAN_UNFINISHED_H
#define RSENC_SCAN_UNFINISHED_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/* The groups that are being put together in one directory: found by rule and key, kept in the
 * order in which they were begun. Strings are kept as offsets into `text`, 0 for none. */

struct unfinished_place {
	size_t dir, name;
	uint64_t where;
};

struct unfinished_group {
	uint64_t hash;
	size_t rule; /* its number */
	size_t key, key_len;
	size_t places; /* the first of its places, one a file */
	size_t count, found;
	size_t first;                  /* of its files, the one that was met first */
	size_t twice;                  /* a file that was met twice, as a number from 1 */
	struct unfinished_place again; /* where it was met the second time */
};

struct unfinished {
	struct buf text;
	struct unfinished_group *groups;
	size_t count, capacity;
	struct unfinished_place *places;
	size_t place_count, place_capacity;
	uint32_t *index; /* hash table of group numbers from 1 */
	size_t index_size;
	size_t dir; /* the directory of the last file */
	uint64_t dir_number;
};

/* The group of that rule and key; a new one of `count` files is begun if there is none. NULL when
 * there is no memory. Valid until the next call. */
struct unfinished_group *
unfinished_group(struct unfinished *p, size_t rule, const char *key, size_t key_len, size_t count);

/* Puts file number `file` of a group in its place. `dir_number` tells directories apart. Returns
 * 0, or -1 when there is no memory. */
int unfinished_put(struct unfinished *p, struct unfinished_group *g, size_t file, const char *dir,
    uint64_t dir_number, const char *name, uint64_t where);

/* Forgets all groups. */
void unfinished_clear(struct unfinished *p);

void unfinished_free(struct unfinished *p);

#endif
