#ifndef RSENC_JOIN_PARTS_H
#define RSENC_JOIN_PARTS_H

#include "base/buf.h"
#include "base/error.h"
#include "join/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Group lines put together by the rows of a table. A part is a column that holds keys of groups; a
 * row is complete when the group of each of its parts came. Lines may come in any order: one is
 * held until all rows that name its key are complete, so memory grows with the lines whose partners
 * have not come.
 */

struct join_line {
	unsigned rows;    /* that hold it still */
	bool used, named; /* it was in a complete row; it was told of as left over */
	size_t key_len, len;
	char text
	    []; /* the group line without newline; its first key_len bytes are the key, escaped */
};

/* A row that a key is named in. */
struct join_place {
	struct table_field key;
	uint32_t row, part;
	bool came; /* of a key's first place: a line of that key came */
};

struct join {
	const struct table *table;
	const size_t *columns; /* of each part */
	size_t parts;
	struct join_place *places; /* sorted by key, then by row and part */
	size_t place_count;
	struct join_line **held; /* by row, then part; NULL: did not come, or the row is done */
	bool *touched;           /* by row: a group of it came */
};

/* The row is complete: lines[i] is that of part i. Returns 0, or -1 to end it. */
typedef int join_complete(void *context, size_t row, struct join_line *const *lines);

/* Gets ready: `table` and the `parts` numbers in `columns` must outlive it. Returns 0, or -1 with the
 * reason when there is no memory. join_free in either case. */
int join_start(struct join *j, const struct table *table, const size_t *columns, size_t parts,
    struct error *why);

enum join_status { JOIN_OK, JOIN_UNMATCHED, JOIN_TWICE, JOIN_FAILED };

/* Takes a group line of `len` bytes, `escaped` of which are the key as written; `key` is the key
 * itself. Calls `complete` for each row that it completes, in the order of the table. JOIN_UNMATCHED:
 * no row names the key. JOIN_TWICE: a group of that key came before. JOIN_FAILED: no memory, with the
 * reason, or `complete` returned -1. */
enum join_status join_add(struct join *j, const char *key, size_t key_len, const char *line,
    size_t len, size_t escaped, join_complete *complete, void *context, struct error *why);

/* At the end: the next line that was in no complete row, NULL when there is none left; *row is the
 * first row that waits with it, *part the first of its parts that did not come. Start with
 * *place = 0. */
const struct join_line *join_left_over(struct join *j, size_t *place, size_t *row, size_t *part);

/* The number of rows none of whose groups came. */
size_t join_untouched(const struct join *j);

/* Appends the fields of a group line, each behind a tab, with `prefix` before each of their tensor
 * names. Returns 0, or -1 when there is no memory. */
int join_fields(const struct join_line *line, const char *prefix, struct buf *out);

void join_free(struct join *j);

#endif
