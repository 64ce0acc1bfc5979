#ifndef RSENC_JOIN_TABLE_H
#define RSENC_JOIN_TABLE_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A table as text: comma-separated values (RFC 4180) with a header, or the same with tabs if the
 * first line has one, with semicolons if it has no comma.
 * A field in double quotes may contain delimiters, newlines and, doubled, quotes. Lines end in LF
 * or CR LF; empty lines are skipped.
 *
 * Rows are packed into their own text, field by field, each with a NUL: a row takes 8 bytes beside
 * its text.
 */

struct table {
	const char *text;
	uint32_t *offsets; /* of each row's first field in the text; the header is not among them */
	uint32_t *lines;   /* of each row's first line, from 1 */
	size_t rows, columns;
	const char *names; /* of the columns, one after another */
};

/* Reads a file of at most `max` bytes into `text`, without a byte order mark. Returns 0, or -1 with
 * the reason if it cannot be read, or is not text: what it seems to be, and how to convert it. */
int table_text(const char *path, size_t max, struct buf *text, struct error *why);

/* The same of a table, which is held in memory as long as the process: lines may ask for its rows
 * in any order. */
int table_read(const char *path, struct table *t, struct error *why);

/*
 * Splits `text` of `len` bytes, at most UINT32_MAX, which is overwritten, must have room for one
 * more byte, contain no NUL, and outlive the table. The first row names the columns. Every row must
 * have as many fields. Returns 0, or -1 with the reason, which names the line.
 */
int table_parse(char *text, size_t len, struct table *t, struct error *why);

/* Finds the number of a column, from 0. Returns 0, or -1 with the reason, which lists the columns.
 */
int table_column(const struct table *t, const char *name, size_t *column, struct error *why);

/* Field of a row. */
const char *table_field(const struct table *t, size_t row, size_t column);

#endif
