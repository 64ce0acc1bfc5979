#ifndef RSENC_STORE_GATHER_H
#define RSENC_STORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Small records in any order, gathered in memory and handed out in the order of their keys. A tree
 * page that takes one record of a batch is read, copied and written as one that takes all that belong
 * there: 2 million tiny records in random order took 51 s one by one, and 3 million page faults.
 */

struct gathered {
	size_t at; /* of the key, which the value follows */
	uint32_t key_len, value_len;
};

struct gather {
	/* The records: after gather_sort in the order of their keys, those of one key in that of coming. */
	struct gathered *items;
	size_t count;

	/* Private. */
	size_t room; /* items */
	char *bytes;
	size_t used, limit;
};

/* Sets how many bytes of keys and values are gathered at most; memory is taken with the first record.
 * gather_free when done. */
void gather_start(struct gather *g, size_t limit);

/* Whether a record can be gathered when there is none yet: it is not too large for that. */
bool gather_fits(const struct gather *g, size_t key_len, uint64_t value_len);

/* Whether there is room for it beside the others. */
bool gather_has_room(const struct gather *g, size_t key_len, uint64_t value_len);

/* Adds a record, for which there is room: returns where its value belongs, or NULL when there is no
 * memory. */
char *gather_add(struct gather *g, const void *key, size_t key_len, size_t value_len);

/* Takes the last one back. */
void gather_undo(struct gather *g);

void gather_sort(struct gather *g);

const char *gather_key(const struct gather *g, size_t i);

const char *gather_value(const struct gather *g, size_t i);

/* Forgets all records, and keeps the memory. */
void gather_clear(struct gather *g);

void gather_free(struct gather *g);

#endif
