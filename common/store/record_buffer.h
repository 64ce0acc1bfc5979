#ifndef RSENC_STORE_RECORD_BUFFER_H
#define RSENC_STORE_RECORD_BUFFER_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records in any order, which come out in the order of their keys. A page of the tree that takes
 * one record of a transaction is read, copied and written as one that takes all that belong there.
 * What does not fit into memory is sorted in parts, runs, which are merged (an external merge
 * sort): with memory alone 4 million records of 90 bytes cost 1.4 times the CPU of 500,000, each,
 * and took 2.9 times the space that they take in order; so it is 1.0 times of both (30 November
 * 2026, `rsenc-load -q db <shuffled.rec`).
 */

enum { BUFFERED_VALUE_MAX = 4 << 10, RUNS_MAX = 12 };

struct buffered {
	const char *key; /* and behind it the value */
	uint32_t key_len, value_len;
};

/* A sorted part of the records, in the temporary file. */
struct run {
	uint64_t at, end;      /* bytes of the file that were not read yet */
	struct buf bytes;      /* what was read */
	size_t used;           /* bytes of it */
	struct buffered first; /* of the records that were not handed out; key NULL: none is left */
};

/* Set `limit`, and `fd` to -1; the rest to zero. Memory is allocated with the first record. */
struct record_buffer {
	size_t limit; /* bytes of keys, values and items in memory: at least those of one record */
	size_t count; /* records, in memory and in runs */

	/* Private. */
	struct buffered *items; /* in memory */
	size_t items_count, items_room, next;
	struct buf bytes;
	struct run runs[RUNS_MAX];
	size_t runs_count;
	struct buffered *taken; /* what was handed out last: of a run, or an item */
	int fd;                 /* of the temporary file, which has no name any more */
};

/* Whether there is room in memory for so many bytes of a key and its value. */
bool record_buffer_has_room(const struct record_buffer *b, size_t bytes);

/* Adds a record, for which there is room, with a value of at most BUFFERED_VALUE_MAX. Returns 0, or
 * -1 with the reason: no memory. */
int record_buffer_add(struct record_buffer *b, const void *key, size_t key_len, const void *value,
    size_t value_len, struct error *why);

/* Whether the records that are in memory came in the order of their keys. */
bool record_buffer_is_sorted(const struct record_buffer *b);

/* Makes room: moves the records in memory to a temporary file, which has that name for a moment.
 * Returns 0, or -1 if there are RUNS_MAX runs or the disk takes no more: all records are still
 * there. */
int record_buffer_spill(struct record_buffer *b, const char *path);

/* Begins to hand out the records; then none may be added before record_buffer_clear. Returns 0, or
 * -1 with the reason: the temporary file cannot be read. */
int record_buffer_sort(struct record_buffer *b, struct error *why);

/* The next record in the order of keys, those of one key in the order in which they came. It is
 * valid until the next call. Returns 1, 0 at the end, or -1 with the reason. */
int record_buffer_next(struct record_buffer *b, struct buffered *record, struct error *why);

/* Removes all records, and keeps the memory. */
void record_buffer_clear(struct record_buffer *b);

void record_buffer_free(struct record_buffer *b);

#endif
