#include "cmd/joining.h"

#include "base/file.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "stream/group.h"
#include "stream/detect_format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A table is held whole, for its rows may be asked for in any order. */
static const size_t table_max = (size_t)4 << 30, classes_max = (size_t)16 << 20; /* bytes */

static _Noreturn void
joining_no_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- options ---- */

/* Room for one more element of an array. */
static void *
joining_one_more(void *array, size_t count, size_t size)
{
	void *larger = realloc(array, (count + 1) * size);
	if (!larger)
		joining_no_memory();
	return larger;
}

void
joining_take_part(void *joining, const char *option, const char *value)
{
	struct joining *j = joining;
	char *column = strdup(value);
	if (!column)
		joining_no_memory();
	char *equals = strchr(column, '=');
	if (equals)
		*equals = '\0';
	if (!*column)
		diag_usage("%s: '%s': it names no column", option, value);
	/* In a group line these end a name, or make several of it (rsenc-groups(5)). */
	if (equals && strpbrk(equals + 1, "\t\n,{}="))
		diag_usage("%s: '%s': a prefix is part of a name", option, value);
	j->parts = joining_one_more(j->parts, j->part_count, sizeof *j->parts);
	j->parts[j->part_count++] = (struct joining_part){column, equals ? equals + 1 : ""};
	/* cppcheck-suppress memleak ; the part holds the column */
}

/* The three options differ only in how a label is made of its columns. */
static void
joining_take_label(struct joining *j, enum label_kind kind, const char *option, const char *value)
{
	struct error why;
	j->labels = joining_one_more(j->labels, j->label_count, sizeof *j->labels);
	if (label_parse(kind, value, &j->labels[j->label_count++], &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

void
joining_take_numbers(void *joining, const char *option, const char *value)
{
	joining_take_label(joining, LABEL_NUMBERS, option, value);
}

void
joining_take_class(void *joining, const char *option, const char *value)
{
	joining_take_label(joining, LABEL_CLASS, option, value);
}

void
joining_take_classes(void *joining, const char *option, const char *value)
{
	joining_take_label(joining, LABEL_CLASSES, option, value);
}

void
joining_take_delimiter(void *joining, const char *option, const char *value)
{
	struct joining *j = joining;
	/* Two that are hard to type in a shell have words. Quotes and line ends have a meaning of
	 * their own in a table (RFC 4180), so that they separate nothing. */
	if (strcmp(value, "tab") == 0)
		j->delimiter = '\t';
	else if (strcmp(value, "space") == 0)
		j->delimiter = ' ';
	else if (strlen(value) == 1 && !strchr("\"\n\r", *value))
		j->delimiter = *value;
	else
		diag_usage("%s: '%s' is not one character, nor tab or space", option, value);
}

/* ---- the table ---- */

/* The names of the classes, a file for each label that has such a one. */
static void
joining_read_classes(struct label *l)
{
	struct buf text = {0};
	struct error why;
	if (!l->classes_path)
		return;
	if (strcmp(l->classes_path, "-") == 0)
		diag_usage("%s: the file with the classes can't be '-': group lines come on "
		           "standard input",
		    l->name);
	if (file_read_all(l->classes_path, classes_max, &text, &why) != 0 ||
	    label_classes(l, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", l->classes_path, why.text);
	buf_free(&text);
}

static size_t
joining_column(const struct joining *j, const char *name)
{
	struct error why;
	long column = table_column(&j->table, name, &why);
	if (column < 0)
		diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
	return (size_t)column;
}

/* Names of columns to numbers, once: a name that is wrong is told before the first line is read,
 * and not a million times. */
static void
joining_bind(struct joining *j)
{
	struct error why;
	/* Without -p the one part is the first column: calloc says so. */
	size_t count = j->part_count > 0 ? j->part_count : 1;
	j->columns = calloc(count, sizeof *j->columns);
	if (!j->columns)
		joining_no_memory();
	for (size_t i = 0; i < j->part_count; i++)
		j->columns[i] = joining_column(j, j->parts[i].column);
	j->key_column = j->new_key ? joining_column(j, j->new_key) : j->columns[0];
	for (size_t i = 0; i < j->label_count; i++) {
		if (label_bind(&j->labels[i], &j->table, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
	}
}

/* Tables come as Parquet (BigEarthNet's own), from spreadsheets and from Windows, too. */
static _Noreturn void
joining_no_table(const struct joining *j, enum format kind, bool utf16, struct error *why)
{
	/* What the parser would say of such bytes helps nobody. What is text keeps the parser's
	 * reason. */
	if (utf16) {
		error_set(why, "is text in UTF-16: run 'iconv -f UTF-16 -t UTF-8'");
	} else if (kind != FORMAT_UNKNOWN && kind != FORMAT_TEXT && kind != FORMAT_GROUPS) {
		format_error(why, FORMAT_TABLE, kind);
	}
	diag_die(STATUS_BAD, "%s: %s", j->path, why->text);
}

void
joining_read(struct joining *j, const char *path)
{
	struct error why;
	j->path = path;
	if (strcmp(path, "-") == 0)
		diag_usage("the table can't be '-': group lines come on standard input");
	if (file_read_all(path, table_max, &j->text, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	for (size_t i = 0; i < j->label_count; i++)
		joining_read_classes(&j->labels[i]);
	/* All files are in memory: from here on only strangers' bytes are looked at. */
	sandbox_enter(NULL);
	/* Fields are cut in place and end in a NUL: the last one needs a byte more. */
	if (buf_reserve(&j->text, 1) != 0)
		joining_no_memory();
	/* Before it is parsed, which writes into it. */
	enum format kind = detect_format(j->text.data, j->text.len);
	bool utf16 = j->text.len >= 2 && (memcmp(j->text.data, "\xff\xfe", 2) == 0 ||
	                                     memcmp(j->text.data, "\xfe\xff", 2) == 0);
	if (table_parse(j->text.data, j->text.len, j->delimiter, !j->no_header, &j->table, &why) !=
	    0)
		joining_no_table(j, kind, utf16, &why);
	joining_bind(j);
}

/* ---- a row ---- */

int
joining_line(struct joining *j, size_t row, struct join_line *const *lines, struct buf *out,
    struct error *why)
{
	struct table_field key = table_field(&j->table, row, j->key_column);
	unsigned line = j->table.line[row];
	struct error cause;
	out->len = 0;
	/* Here, where the line of the table can be named: rsenc-pack knows only the group line. */
	if (key.len == 0 || key.len > KEY_MAX)
		return error_set(why, "%s: line %u: the new key has %zu bytes, not 1 to %d",
		    j->path, line, key.len, KEY_MAX);
	if (group_escape_key(out, key.text, key.len) != 0)
		joining_no_memory();
	for (size_t i = 0; i == 0 || i < j->part_count; i++) {
		const char *prefix = j->part_count > 0 ? j->parts[i].prefix : "";
		if (join_fields(lines[i], prefix, out) != 0)
			joining_no_memory();
	}
	for (size_t i = 0; i < j->label_count; i++) {
		if (label_append(&j->labels[i], &j->table, row, out, &cause) != 0)
			return error_set(why, "%s: line %u: %s", j->path, line, cause.text);
	}
	return 0;
}

void
joining_free(struct joining *j)
{
	table_free(&j->table);
	for (size_t i = 0; i < j->part_count; i++)
		free(j->parts[i].column);
	for (size_t i = 0; i < j->label_count; i++)
		label_free(&j->labels[i]);
	free(j->parts);
	free(j->labels);
	free(j->columns);
	buf_free(&j->text);
}
