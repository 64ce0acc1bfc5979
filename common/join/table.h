#ifndef RSENC_JOIN_TABLE_H
#define RSENC_JOIN_TABLE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A table as text: comma-separated values (RFC 4180) or the same with tabs or another delimiter.
 * A field in double quotes may hold delimiters, newlines and, doubled, quotes. Lines end in LF or
 * CR LF; empty lines are skipped, and so is a UTF-8 byte order mark at the very start.
 */

struct table_field {
	const char *text; /* into the table's text, unquoted, NUL-terminated */
	size_t len;
};

struct table {
	struct table_field *fields; /* row by row, `columns` each; the header is not among them */
	size_t rows, columns;
	struct table_field *names; /* of the columns; NULL where there is no header */
	uint32_t *line;            /* of each row's first line, from 1 */
};

enum { TABLE_DETECT = 0 }; /* as delimiter: a tab if the first line has one, else , else ; */

/*
 * Splits `text` of `len` bytes, which is written to (fields are unquoted in place) and must have
 * room for one more byte; the table points into it. With `header` the first row names the columns.
 * Every row must have as many fields as the first. On success the caller frees with table_free; on
 * failure (-1, with the reason, which names the line) there is nothing to free.
 */
int table_parse(
    char *text, size_t len, char delimiter, bool header, struct table *t, struct error *why);

/* The number of a column, from 0: by its name or, where there is no header, by its number from 1.
 * -1, with the reason that lists what there is, if there is none. */
long table_column(const struct table *t, const char *name, struct error *why);

/* Field of a row. */
struct table_field table_field(const struct table *t, size_t row, size_t column);

void table_free(struct table *t);

#endif
