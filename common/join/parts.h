#ifndef RSENC_JOIN_PARTS_H
#define RSENC_JOIN_PARTS_H

#include "base/buf.h"
#include "base/error.h"
#include "join/table.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Group lines joined by the rows of a table. A part is a column that holds keys of groups; a row is
 * complete when the groups of all of its parts were read. Lines may come in any order: each is held
 * until all rows with its key are complete, so memory grows with the lines whose partners are not
 * yet read.
 */

struct join_line {
	unsigned rows; /* that still hold it */
	bool done;     /* it was in a complete row, or reported as left over */
	size_t key_len, len;
	char text
	    []; /* the group line without newline; its first key_len bytes are the key, escaped */
};

struct join {
	const struct table *table;
	const size_t *columns; /* of each part */
	size_t parts;
	struct join_place *places; /* of keys in the table, sorted */
	size_t place_count;
	struct join_line **held; /* by row, then part; NULL: not read yet, or the row is done */
};

/* The row is complete: lines[i] is that of part i. */
typedef void join_complete(void *context, size_t row, struct join_line *const *lines);

/* Prepares: `table` and the `parts` numbers in `columns` must outlive it. It lives as long as the
 * process. Returns 0, or -1 with the reason if there are too many rows. */
int join_start(struct join *j, const struct table *table, const size_t *columns, size_t parts,
    struct error *why);

enum join_status { JOIN_OK, JOIN_UNMATCHED, JOIN_DUPLICATE };

/* Adds a group line of `len` bytes, `escaped` of which are the key as written; `key` is the key
 * itself. Calls `complete` for each row that it completes, in the order of the table.
 * JOIN_UNMATCHED: no row has the key. JOIN_DUPLICATE: a group of that key was read before. */
enum join_status join_add(struct join *j, const char *key, const char *line, size_t len,
    size_t escaped, join_complete *complete, void *context);

/* At the end: the next line that was in no complete row, NULL when there is none left; *row is the
 * first row that waits with it, *part the first of its parts that was not read. Start with
 * *place = 0. */
const struct join_line *join_left_over(struct join *j, size_t *place, size_t *row, size_t *part);

/* Appends the fields of a group line, each behind a tab, with `prefix` before each of their tensor
 * names. */
void join_fields(const struct join_line *line, const char *prefix, struct buf *out);

#endif
