#include "join/table.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "stream/detect_format.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is left to split, and where fields are packed to, which is never beyond it. */
struct cursor {
	char *at, *end, *to;
	char delimiter;
	uint32_t line;
};

enum { COLUMNS_MAX = 4096 };

enum ending { AT_DELIMITER, AT_LINE_END, UNCLOSED, AFTER_QUOTE };

static char
detect_delimiter(const char *text, const char *end)
{
	const char *line_end = memchr(text, '\n', (size_t)(end - text));
	size_t len = (size_t)((line_end ? line_end : end) - text);
	/* A tab in the first line is a delimiter: names of columns hardly contain one. */
	if (memchr(text, '\t', len))
		return '\t';
	/* Where the comma is the decimal point, spreadsheets write semicolons. */
	return !memchr(text, ',', len) && memchr(text, ';', len) ? ';' : ',';
}

/* Consumes a line's end, LF or CR LF, if there is one. */
static bool
line_end(struct cursor *c)
{
	size_t len = c->end - c->at > 1 && *c->at == '\r' ? 2 : 1;
	if (c->at[len - 1] != '\n')
		return false;
	c->at += len;
	c->line++;
	return true;
}

/* Packs a field. RFC 4180 (2.5) does not allow a quote in the middle of one without quotes, but
 * files have them: it stays. (2.2) allows the last newline to be absent. */
static enum ending
take_field(struct cursor *c)
{
	bool quoted = c->at < c->end && *c->at == '"', closed = false;
	c->at += quoted;
	while (c->at < c->end) {
		char byte = *c->at;
		if (!quoted && byte == c->delimiter) {
			c->at++;
			return AT_DELIMITER;
		}
		if (!quoted && line_end(c))
			return AT_LINE_END;
		if (closed)
			return AFTER_QUOTE;
		c->at++;
		/* RFC 4180 (2.7): a quote inside is doubled; a single one ends the field. */
		closed = quoted && byte == '"' && (c->at == c->end || *c->at != '"');
		if (closed) {
			quoted = false;
			continue;
		}
		c->at += quoted && byte == '"';
		/* Lines are counted as an editor counts them, also within a field (2.6). */
		c->line += byte == '\n';
		*c->to++ = byte;
	}
	return quoted ? UNCLOSED : AT_LINE_END;
}

/* Packs the fields of one row. Returns how many, or 0 with the reason. */
static size_t
parse_row(struct cursor *c, struct error *why)
{
	enum ending ending = AT_DELIMITER;
	uint32_t line = c->line;
	size_t count = 0;
	for (; ending == AT_DELIMITER && count <= COLUMNS_MAX; count++) {
		ending = take_field(c);
		*c->to++ = '\0';
	}
	if (ending == UNCLOSED)
		error_set(why, "line %u: a quoted field is not closed", line);
	else if (ending == AFTER_QUOTE)
		error_set(why, "line %u: text after a closing quote", c->line);
	else if (count > COLUMNS_MAX)
		error_set(why, "line %u has more than %d fields", line, COLUMNS_MAX);
	else
		return count;
	return 0;
}

static int
parse_rows(
    struct cursor *c, struct table *t, struct buf *offsets, struct buf *lines, struct error *why)
{
	while (c->at < c->end) {
		uint32_t line = c->line, offset = (uint32_t)(c->to - t->text);
		if (line_end(c))
			continue;
		size_t count = parse_row(c, why);
		if (count == 0)
			return -1;
		if (t->columns == 0) {
			t->columns = count;
			t->names = t->text + offset;
			continue;
		}
		/* RFC 4180 (2.4). A row that is filled up or cut would silently put values under
		 * other columns. */
		if (count != t->columns)
			return error_set(why,
			    "line %u has %zu fields, but the first row has %zu: a field may be "
			    "missing, or not quoted",
			    line, count, t->columns);
		buf_add(offsets, &offset, sizeof offset);
		buf_add(lines, &line, sizeof line);
	}
	return t->columns > 0 ? 0 : error_set(why, "contains no row");
}

static const char *
next_field(const char *field)
{
	return field + strlen(field) + 1;
}

/* Two columns of one name: nobody could say which one is meant. */
static int
check_names(const struct table *t, struct error *why)
{
	const char **names = xcalloc(t->columns, sizeof *names), *name = t->names;
	size_t count = 0;
	for (size_t i = 0; i < t->columns; i++, name = next_field(name)) {
		if (*name)
			names[count++] = name;
	}
	int status = names_check_unique(names, count, "column", why);
	free(names);
	return status;
}

int
table_parse(char *text, size_t len, struct table *t, struct error *why)
{
	struct buf offsets = {0}, lines = {0};
	struct cursor c = {.at = text, .end = text + len, .to = text, .line = 1};
	c.delimiter = detect_delimiter(text, c.end);
	*t = (struct table){.text = text};
	int status = parse_rows(&c, t, &offsets, &lines, why);
	t->offsets = (uint32_t *)(void *)offsets.data;
	t->lines = (uint32_t *)(void *)lines.data;
	t->rows = lines.len / sizeof *t->lines;
	return status == 0 ? check_names(t, why) : -1;
}

/* ---- files ---- */

/* BigEarthNet's table is a Parquet file, others come from spreadsheets and from Windows. */
static int
refuse_other(const char *path, const struct buf *text, struct error *why)
{
	enum format format = detect_format(text->data, text->len);
	bool excel = format == FORMAT_ZIP ||
	             (text->len >= 4 && memcmp(text->data, "\xd0\xcf\x11\xe0", 4) == 0);
	char *quoted = shell_quoted(path);
	int status = 0;
	if (format == FORMAT_PARQUET || excel)
		status = error_set(why,
		    "is %s file: run 'python3 -c \"import pandas, sys; pandas.read_%s(sys.argv[1])"
		    ".to_csv(sys.argv[2], index=False)\" %s table.csv'",
		    excel ? "an Excel" : "a Parquet", excel ? "excel" : "parquet", quoted);
	else if (format != FORMAT_UNKNOWN && format != FORMAT_TEXT && format != FORMAT_GROUPS)
		status = format_error(why, FORMAT_TABLE, format);
	else if (memchr(text->data, '\0', text->len))
		status = error_set(why,
		    "not text: contains a NUL byte: if it is UTF-16, run 'iconv -f UTF-16 -t UTF-8 "
		    "%s >utf8.txt'",
		    quoted);
	free(quoted);
	return status;
}

int
table_text(const char *path, size_t max, struct buf *text, struct error *why)
{
	const size_t mark = sizeof BYTE_ORDER_MARK - 1;
	/* The last field needs a byte more, for its NUL. */
	buf_reserve(text, 1);
	if (file_read_all(path, max, text, why) != 0 || refuse_other(path, text, why) != 0) {
		buf_free(text);
		return -1;
	}
	if (text->len >= mark && memcmp(text->data, BYTE_ORDER_MARK, mark) == 0) {
		text->len -= mark;
		memmove(text->data, text->data + mark, text->len);
	}
	buf_reserve(text, 1);
	return 0;
}

int
table_read(const char *path, struct table *t, struct error *why)
{
	struct buf text = {0};
	if (table_text(path, UINT32_MAX, &text, why) != 0)
		return -1;
	return table_parse(text.data, text.len, t, why);
}

/* ---- columns ---- */

int
table_column(const struct table *t, const char *name, size_t *column, struct error *why)
{
	struct buf known = {0};
	const char *one = t->names;
	for (*column = 0; *column < t->columns && strcmp(one, name) != 0; ++*column) {
		buf_addf(&known, "%s%s", *column > 0 ? ", " : "", one);
		one = next_field(one);
	}
	int status = *column < t->columns ? 0
	                                  : error_set(why, "no column '%s'; columns: %.*s", name,
	                                        known.len < 300 ? (int)known.len : 300, known.data);
	buf_free(&known);
	return status;
}

const char *
table_field(const struct table *t, size_t row, size_t column)
{
	const char *field = t->text + t->offsets[row];
	while (column-- > 0)
		field = next_field(field);
	return field;
}
