#include "join/labels.h"

#include "stream/literal.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What editors and spreadsheets leave around a value. */
static const char label_space[] = " \t\r\n";

static int
label_check_name(const char *name, struct error *why)
{
	struct names n;
	/* By the same parser that reads the line later: a name that it would refuse fails here,
	 * before a line is written. */
	if (names_parse(name, strlen(name), &n, why) != 0)
		return -1;
	size_t count = n.count;
	names_free(&n);
	return count == 1 ? 0 : error_set(why, "one label has one name");
}

/* Splits a comma list in place. */
static int
label_split_columns(struct label *l, char *list, struct error *why)
{
	size_t count = 1;
	for (const char *p = list; *p; p++)
		count += *p == ',';
	l->column_names = malloc(count * sizeof *l->column_names);
	l->columns = malloc(count * sizeof *l->columns);
	if (!l->column_names || !l->columns)
		return error_set(why, "out of memory");
	for (char *next; list; list = next) {
		next = strchr(list, ',');
		if (next)
			*next++ = '\0';
		l->column_names[l->column_count++] = list;
	}
	return 0;
}

int
label_parse(enum label_kind kind, const char *text, struct label *l, struct error *why)
{
	*l = (struct label){.kind = kind, .dtype = kind == LABEL_CLASS ? DTYPE_I64 : DTYPE_U8};
	l->text = strdup(text);
	if (!l->text)
		return error_set(why, "out of memory");
	l->name = l->text;
	/* The first '=', as in a group line: a name holds none, a column may. */
	char *equals = strchr(l->text, '=');
	if (!equals)
		return error_set(why, "there is no '='");
	*equals = '\0';
	char *columns = equals + 1;
	if (kind == LABEL_NUMBERS) {
		char *colon = strchr(l->text, ':');
		if (!colon)
			return error_set(why, "the type is missing: NAME:DTYPE=COLUMN, as in "
			                      "label:I64=label");
		*colon = '\0';
		l->dtype = dtype_find(colon + 1, strlen(colon + 1));
		if (l->dtype == DTYPE_COUNT || !literal_has(l->dtype))
			return error_set(why,
			    "'%s' is no type for labels: there are BOOL, U8 to U64, I8 to I64, "
			    "F32, F64",
			    colon + 1);
		if (label_split_columns(l, columns, why) != 0)
			return -1;
	} else {
		/* The first colon: a path may hold more, and a column that has one can't be
		 * named here. */
		char *colon = strchr(columns, ':');
		if (!colon || !colon[1])
			return error_set(why, "the file with the classes is missing: "
			                      "NAME=COLUMN:CLASSES");
		*colon = '\0';
		l->classes_path = colon + 1;
		l->column_names = malloc(sizeof *l->column_names);
		l->columns = malloc(sizeof *l->columns);
		if (!l->column_names || !l->columns)
			return error_set(why, "out of memory");
		l->column_names[l->column_count++] = columns;
	}
	return label_check_name(l->name, why);
}

int
label_classes(struct label *l, const char *text, size_t len, struct error *why)
{
	size_t lines = 1;
	l->classes_text = malloc(len + 1);
	if (!l->classes_text)
		return error_set(why, "out of memory");
	memcpy(l->classes_text, text, len);
	l->classes_text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	l->classes = malloc(lines * sizeof *l->classes);
	l->hot = malloc(lines);
	if (!l->classes || !l->hot)
		return error_set(why, "out of memory");
	for (char *line = l->classes_text; line < l->classes_text + len;) {
		char *end = strchr(line, '\n');
		char *next = end ? end + 1 : l->classes_text + len;
		if (!end)
			end = next;
		while (end > line && strchr(label_space, end[-1]))
			end--;
		*end = '\0';
		/* The numbers of classes are those of the lines that are not empty, from 0: a
		 * blank one at the end, or between, moves none. */
		if (*line)
			l->classes[l->class_count++] = line;
		line = next;
	}
	if (l->class_count == 0)
		return error_set(why, "it names no class");
	/* The list becomes one tensor of a group line, which takes no more: found before the
	 * first row. */
	if (l->class_count > LITERAL_MAX)
		return error_set(why, "more than %d classes", LITERAL_MAX);
	return 0;
}

int
label_bind(struct label *l, const struct table *t, struct error *why)
{
	for (size_t i = 0; i < l->column_count; i++) {
		long column = table_column(t, l->column_names[i], why);
		if (column < 0)
			return -1;
		l->columns[i] = (size_t)column;
	}
	return 0;
}

/* ---- values ---- */

static bool
label_is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static void
label_trim(const char **text, size_t *len)
{
	while (*len > 0 && strchr(label_space, **text)) {
		++*text;
		--*len;
	}
	while (*len > 0 && strchr(label_space, (*text)[*len - 1]))
		--*len;
}

/* The number as a group line has it. Python writes True and False, and pandas "3.0" in a column of
 * whole numbers some of which are absent. */
static int
label_number(enum dtype dtype, struct table_field f, struct buf *out, struct error *why)
{
	const char *text = f.text;
	size_t len = f.len;
	struct buf unused = {0};
	label_trim(&text, &len);
	if (dtype == DTYPE_BOOL && (label_is(text, len, "True") || label_is(text, len, "true"))) {
		text = "1";
		len = 1;
	} else if (dtype == DTYPE_BOOL &&
	           (label_is(text, len, "False") || label_is(text, len, "false"))) {
		text = "0";
		len = 1;
	} else if (dtype != DTYPE_F32 && dtype != DTYPE_F64 && len > 2 &&
	           memcmp(text + len - 2, ".0", 2) == 0) {
		len -= 2;
	}
	/* Parsed to check it, but written as it was: who reads the line sees the same digits,
	 * and none is lost on the way. */
	int status = literal_value(dtype, text, len, &unused, why);
	buf_free(&unused);
	if (status == 0 && buf_add(out, text, len) != 0)
		status = error_set(why, "out of memory");
	return status;
}

static int
label_numbers(
    const struct label *l, const struct table *t, size_t row, struct buf *out, struct error *why)
{
	for (size_t i = 0; i < l->column_count; i++) {
		struct error cause;
		if (i > 0 && buf_add(out, ",", 1) != 0)
			return error_set(why, "out of memory");
		if (label_number(l->dtype, table_field(t, row, l->columns[i]), out, &cause) != 0)
			return error_set(why, "column '%s': %s", l->column_names[i], cause.text);
	}
	return 0;
}

/* The number of a class, or -1 with the reason. Classes are a few dozens: looked for one by one. */
static long
label_find_class(const struct label *l, const char *item, size_t len, struct error *why)
{
	for (size_t i = 0; i < l->class_count; i++) {
		if (label_is(item, len, l->classes[i]))
			return (long)i;
	}
	return error_set(why, "column '%s': %s names no class '%.*s'", l->column_names[0],
	    l->classes_path, len > 80 ? 80 : (int)len, item);
}

int
label_next_item(const char **at, const char **item, size_t *len)
{
	const char *p = *at;
	/* Brackets, and commas between what is quoted, are what surrounds the elements. */
	p += strspn(p, " \t\r\n[]();|,");
	if (*p == '\0')
		return 0;
	if (*p == '\'' || *p == '"') {
		const char *end = strchr(p + 1, *p);
		if (!end)
			return -1;
		*item = p + 1;
		*len = (size_t)(end - p - 1);
		*at = end + 1;
		return 1;
	}
	*item = p;
	/* No comma here: without quotes it may be a part of a name, as in CORINE's "Land
	 * principally occupied by agriculture, with ...". */
	*len = strcspn(p, ";|]");
	*at = p + *len;
	label_trim(item, len);
	return 1;
}

static int
label_list(struct label *l, struct table_field f, struct buf *out, struct error *why)
{
	const char *at = f.text, *item;
	size_t len;
	int got;
	memset(l->hot, '0', l->class_count);
	while ((got = label_next_item(&at, &item, &len)) > 0) {
		long n = label_find_class(l, item, len, why);
		if (n < 0)
			return -1;
		l->hot[n] = '1';
	}
	if (got < 0)
		return error_set(why, "column '%s': a quote is not closed", l->column_names[0]);
	for (size_t i = 0; i < l->class_count; i++) {
		/* The comma behind a single one makes it a vector. */
		if (buf_add(out, &l->hot[i], 1) != 0 ||
		    ((i + 1 < l->class_count || i == 0) && buf_add(out, ",", 1) != 0))
			return error_set(why, "out of memory");
	}
	return 0;
}

static int
label_one_class(const struct label *l, struct table_field f, struct buf *out, struct error *why)
{
	char number[24];
	const char *text = f.text;
	size_t len = f.len;
	label_trim(&text, &len);
	long n = label_find_class(l, text, len, why);
	if (n < 0)
		return -1;
	size_t digits = (size_t)snprintf(number, sizeof number, "%ld", n);
	return buf_add(out, number, digits) == 0 ? 0 : error_set(why, "out of memory");
}

int
label_append(struct label *l, const struct table *t, size_t row, struct buf *out, struct error *why)
{
	const char *dtype = dtype_name(l->dtype);
	if (buf_add(out, "\t", 1) != 0 || buf_add(out, l->name, strlen(l->name)) != 0 ||
	    buf_add(out, "=\\:", 3) != 0 || buf_add(out, dtype, strlen(dtype)) != 0 ||
	    buf_add(out, ":", 1) != 0)
		return error_set(why, "out of memory");
	switch (l->kind) {
	case LABEL_NUMBERS:
		return label_numbers(l, t, row, out, why);
	case LABEL_CLASS:
		return label_one_class(l, table_field(t, row, l->columns[0]), out, why);
	case LABEL_CLASSES:
		return label_list(l, table_field(t, row, l->columns[0]), out, why);
	}
	return -1;
}

void
label_free(struct label *l)
{
	free(l->text);
	free(l->column_names);
	free(l->columns);
	free(l->classes_text);
	free(l->classes);
	free(l->hot);
	*l = (struct label){0};
}
