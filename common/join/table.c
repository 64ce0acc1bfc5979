#include "join/table.h"

#include "base/buf.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

/* What is left to split. The text is rewritten behind `at`: an unquoted field is never longer than
 * what it was written as. */
struct table_cursor {
	char *at, *end;
	char delimiter;
	uint32_t line;
};

enum { TABLE_COLUMNS_MAX = 4096 }; /* names are compared pair by pair */

enum table_ending { TABLE_DELIMITER, TABLE_LINE, TABLE_UNCLOSED, TABLE_AFTER_QUOTE };

static char
table_detect(const char *text, const char *end)
{
	const char *line_end = memchr(text, '\n', (size_t)(end - text));
	size_t len = (size_t)((line_end ? line_end : end) - text);
	/* By the first line alone, which names columns more often than not. A tab is meant
	 * as one: a column's name hardly holds it. */
	if (memchr(text, '\t', len))
		return '\t';
	/* A spreadsheet in much of Europe writes a semicolon, as its comma is the decimal point. */
	return !memchr(text, ',', len) && memchr(text, ';', len) ? ';' : ',';
}

/* Takes a line's end, LF or CR LF, if one is there. */
static bool
table_line_end(struct table_cursor *c)
{
	char *at = c->at;
	if (at < c->end && *at == '\r' && at + 1 < c->end && at[1] == '\n')
		at++;
	/* The end of the text ends a line too: RFC 4180 (2.2) lets the last newline be left out. */
	if (at == c->end || *at != '\n')
		return at == c->end;
	c->at = at + 1;
	c->line++;
	return true;
}

/* A field in quotes: c->at is behind the first one. */
static enum table_ending
table_quoted(struct table_cursor *c, struct table_field *f)
{
	char *to = c->at;
	f->text = to;
	for (;;) {
		if (c->at == c->end)
			return TABLE_UNCLOSED;
		char byte = *c->at++;
		/* RFC 4180 (2.7): a quote inside quotes is written twice; alone it ends the
		 * field. */
		if (byte == '"') {
			if (c->at == c->end || *c->at != '"')
				break;
			c->at++;
		}
		/* Fields may hold newlines (2.6): lines are counted as an editor does, and not
		 * rows. */
		c->line += byte == '\n';
		*to++ = byte;
	}
	f->len = (size_t)(to - f->text);
	*to = '\0'; /* over the closing quote, or before it */
	if (c->at < c->end && *c->at == c->delimiter) {
		c->at++;
		return TABLE_DELIMITER;
	}
	return table_line_end(c) ? TABLE_LINE : TABLE_AFTER_QUOTE;
}

static enum table_ending
table_plain(struct table_cursor *c, struct table_field *f)
{
	char *start = c->at;
	f->text = start;
	/* A quote in the middle stays as it is, which RFC 4180 (2.5) does not allow and files
	 * have. Spaces belong to the field (2.4). */
	while (c->at < c->end && *c->at != c->delimiter && *c->at != '\n')
		c->at++;
	f->len = (size_t)(c->at - start);
	if (c->at < c->end && *c->at == c->delimiter) {
		*c->at++ = '\0';
		return TABLE_DELIMITER;
	}
	if (f->len > 0 && c->at < c->end && start[f->len - 1] == '\r')
		f->len--;
	table_line_end(c);
	start[f->len] = '\0';
	return TABLE_LINE;
}

/* Appends the fields of one row. Returns how many, or 0 with the reason. */
static size_t
table_row(struct table_cursor *c, struct buf *fields, struct error *why)
{
	enum table_ending ending;
	uint32_t line = c->line;
	size_t count = 0;
	do {
		struct table_field f;
		bool quoted = c->at < c->end && *c->at == '"';
		c->at += quoted;
		ending = quoted ? table_quoted(c, &f) : table_plain(c, &f);
		if (ending == TABLE_UNCLOSED)
			error_set(why, "line %u: a quoted field has no end", line);
		else if (ending == TABLE_AFTER_QUOTE)
			error_set(why, "line %u: something follows a closing quote", c->line);
		else if (memchr(f.text, '\0', f.len))
			error_set(why, "line %u: a NUL byte: this is no text", line);
		else if (buf_add(fields, &f, sizeof f) != 0)
			error_set(why, "out of memory");
		else
			continue;
		return 0;
	} while (count++, ending == TABLE_DELIMITER);
	return count;
}

static int
table_rows(struct table_cursor *c, struct buf *fields, struct buf *lines, size_t *columns,
    struct error *why)
{
	while (c->at < c->end) {
		uint32_t line = c->line;
		if (table_line_end(c))
			continue;
		size_t count = table_row(c, fields, why);
		if (count == 0)
			return -1;
		if (*columns == 0)
			*columns = count;
		if (count > TABLE_COLUMNS_MAX)
			return error_set(
			    why, "line %u has more than %d fields", line, TABLE_COLUMNS_MAX);
		/* RFC 4180 (2.4). A row that is filled up or cut would put values under other
		 * columns, in silence. */
		if (count != *columns)
			return error_set(why,
			    "line %u has %zu fields, the first one has %zu: "
			    "is one missing, or not quoted?",
			    line, count, *columns);
		if (buf_add(lines, &line, sizeof line) != 0)
			return error_set(why, "out of memory");
	}
	return *columns > 0 ? 0 : error_set(why, "it holds no row");
}

/* Two columns of one name: nobody could say which one is meant. */
static int
table_check_names(const struct table *t, struct error *why)
{
	for (size_t i = 0; i < t->columns; i++) {
		for (size_t k = i + 1; k < t->columns; k++) {
			if (t->names[i].len > 0 && strcmp(t->names[i].text, t->names[k].text) == 0)
				return error_set(
				    why, "two columns are called '%s'", t->names[i].text);
		}
	}
	return 0;
}

int
table_parse(char *text, size_t len, char delimiter, bool header, struct table *t, struct error *why)
{
	struct buf fields = {0}, lines = {0};
	struct table_cursor c = {.at = text, .end = text + len, .line = 1};
	*t = (struct table){0};
	/* A byte order mark, as spreadsheets write: it would become a part of the first column's
	 * name. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		c.at += 3;
	c.delimiter = delimiter == TABLE_DETECT ? table_detect(c.at, c.end) : delimiter;
	int status = table_rows(&c, &fields, &lines, &t->columns, why);
	t->fields = (struct table_field *)(void *)fields.data;
	t->line = (uint32_t *)(void *)lines.data;
	t->rows = lines.len / sizeof *t->line;
	if (status == 0 && header) {
		t->names = malloc(t->columns * sizeof *t->names);
		if (!t->names) {
			status = error_set(why, "out of memory");
		} else {
			t->rows--;
			/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it holds a row */
			memcpy(t->names, t->fields, t->columns * sizeof *t->names);
			memmove(t->fields, t->fields + t->columns,
			    t->rows * t->columns * sizeof *t->fields);
			memmove(t->line, t->line + 1, t->rows * sizeof *t->line);
			status = table_check_names(t, why);
		}
	}
	if (status != 0)
		table_free(t);
	return status;
}

long
table_column(const struct table *t, const char *name, struct error *why)
{
	uint64_t number;
	if (!t->names) {
		if (!number_parse(name, 1, t->columns, &number))
			return (long)number - 1;
		return error_set(why, "there is no column '%s': without a header they are 1 to %zu",
		    name, t->columns);
	}
	struct buf known = {0};
	for (size_t i = 0; i < t->columns; i++) {
		if (strcmp(t->names[i].text, name) == 0) {
			buf_free(&known);
			return (long)i;
		}
		if (buf_add(&known, ", ", i ? 2 : 0) != 0 ||
		    buf_add(&known, t->names[i].text, t->names[i].len) != 0)
			break;
	}
	error_set(why, "there is no column '%s'; there are: %.*s", name,
	    known.len < 300 ? (int)known.len : 300, known.data ? known.data : "");
	buf_free(&known);
	return -1;
}

struct table_field
table_field(const struct table *t, size_t row, size_t column)
{
	return t->fields[row * t->columns + column];
}

void
table_free(struct table *t)
{
	free(t->fields);
	free(t->names);
	free(t->line);
	*t = (struct table){0};
}
