#ifndef RSENC_JOIN_TABLE_H
#define RSENC_JOIN_TABLE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A table as text: comma-separated values (RFC 4180), or the same with tabs or another delimiter.
 * A field in double quotes may contain delimiters, newlines and, doubled, quotes. Lines end in LF
 * or CR LF; empty lines are skipped, and so is a UTF-8 byte order mark at the very start.
 *
 * Rows are packed into their own text, field by field, each with a NUL: a row takes 8 bytes beside
 * its text.
 */

struct table {
	const char *text;
	uint32_t *offsets; /* of each row's first field in the text; the header is not among them */
	uint32_t *lines;   /* of each row's first line, from 1 */
	size_t rows, columns;
	const char *names; /* of the columns, one after another; NULL without a header */
};

enum { TABLE_DETECT = 0 }; /* as delimiter: a tab if the first line has one, else , else ; */

/*
 * Splits `text` of `len` bytes, at most UINT32_MAX, which is overwritten, must have room for one
 * more byte, and must outlive the table. With `header` the first row names the columns. Every row
 * must have as many fields as the first. On success the caller frees with table_free; on failure
 * (-1, with the reason, which names the line) there is nothing to free.
 */
int table_parse(
    char *text, size_t len, char delimiter, bool header, struct table *t, struct error *why);

/* The number of a column, from 0: by its name or, without a header, by its number from 1. -1, with
 * the reason, which lists the columns, if no column has that name. */
long table_column(const struct table *t, const char *name, struct error *why);

/* Field of a row. */
const char *table_field(const struct table *t, size_t row, size_t column);

void table_free(struct table *t);

#endif
