#include "join/labels.h"

#include "base/alloc.h"
#include "stream/literal.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CLASSES_BYTES = 16 << 20 }; /* of a file, at most */

/* What editors and spreadsheets leave around a value. */
static const char label_space[] = " \t\r\n";

static int
check_name(const char *name, struct error *why)
{
	struct names n;
	/* The parser that reads the line later would refuse other names. */
	if (names_parse(name, strlen(name), &n, why) != 0)
		return -1;
	size_t count = n.count;
	names_free(&n);
	return count == 1 ? 0 : error_set(why, "a label must have one name");
}

static void
add_column(struct label *l, const char *name)
{
	size_t count = l->column_count + 1;
	l->column_names = xreallocarray(l->column_names, count, sizeof *l->column_names);
	l->columns = xreallocarray(l->columns, count, sizeof *l->columns);
	l->column_names[l->column_count++] = name;
}

/* NAME:DTYPE=COLUMNS */
static int
parse_numbers(struct label *l, char *columns, struct error *why)
{
	char *colon = strchr(l->text, ':');
	if (!colon)
		return error_set(why, "no type: write NAME:DTYPE=COLUMN, such as label:I64=label");
	*colon = '\0';
	l->dtype = dtype_find(colon + 1, strlen(colon + 1));
	if (l->dtype == DTYPE_COUNT || !literal_has(l->dtype))
		return error_set(why,
		    "'%s' is not a type for labels: write BOOL, U8 to U64, I8 to I64, F32 or F64",
		    colon + 1);
	for (char *comma; (comma = strchr(columns, ',')); columns = comma + 1) {
		*comma = '\0';
		add_column(l, columns);
	}
	add_column(l, columns);
	return 0;
}

/* NAME=COLUMN:CLASSES. A path may contain colons, a column here may not. */
static int
parse_classes(struct label *l, char *column, struct error *why)
{
	char *colon = strchr(column, ':');
	if (!colon || !colon[1])
		return error_set(why, "no file with the classes: write NAME=COLUMN:CLASSES");
	*colon = '\0';
	l->classes_path = colon + 1;
	add_column(l, column);
	return 0;
}

int
label_parse(enum label_kind kind, const char *text, struct label *l, struct error *why)
{
	*l = (struct label){.kind = kind, .dtype = kind == LABEL_CLASS ? DTYPE_I64 : DTYPE_U8};
	l->name = l->text = xstrdup(text);
	/* The first '=', as in a group line: a name contains none, a column may. */
	char *equals = strchr(l->text, '=');
	if (!equals)
		return error_set(why, "no '=': write %s",
		    kind == LABEL_NUMBERS ? "NAME:DTYPE=COLUMNS" : "NAME=COLUMN:CLASSES");
	*equals = '\0';
	int status = kind == LABEL_NUMBERS ? parse_numbers(l, equals + 1, why)
	                                   : parse_classes(l, equals + 1, why);
	return status == 0 ? check_name(l->name, why) : -1;
}

int
label_read_classes(struct label *l, struct error *why)
{
	struct buf *text = &l->classes_text;
	if (!l->classes_path)
		return 0;
	if (table_text(l->classes_path, CLASSES_BYTES, text, why) != 0)
		return -1;
	buf_add(text, "", 1);
	for (char *line = text->data, *next; line; line = next) {
		char *end = line + strcspn(line, "\n");
		next = *end ? end + 1 : NULL;
		while (end > line && strchr(label_space, end[-1]))
			end--;
		*end = '\0';
		/* Empty lines have no number. */
		if (!*line)
			continue;
		l->classes = xreallocarray(l->classes, l->class_count + 1, sizeof *l->classes);
		l->classes[l->class_count++] = line;
	}
	if (l->class_count == 0)
		return error_set(why, "contains no class");
	/* The list becomes one tensor of a group line, which can be no longer. */
	if (l->class_count > LITERAL_MAX)
		return error_set(why, "more than %d classes", LITERAL_MAX);
	/* A name on two lines would have two numbers. */
	const char **sorted = xcalloc(l->class_count, sizeof *sorted);
	memcpy(sorted, l->classes, l->class_count * sizeof *sorted);
	int status = names_check_unique(sorted, l->class_count, "class", why);
	free(sorted);
	return status;
}

int
label_bind(struct label *l, const struct table *t, struct error *why)
{
	for (size_t i = 0; i < l->column_count; i++) {
		if (table_column(t, l->column_names[i], &l->columns[i], why) != 0)
			return -1;
	}
	return 0;
}

/* ---- values ---- */

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && strchr(label_space, **text)) {
		++*text;
		--*len;
	}
	while (*len > 0 && strchr(label_space, (*text)[*len - 1]))
		--*len;
}

/* The number as a group line has it. Python writes True and False, R TRUE and FALSE, and pandas
 * "3.0" in a column of whole numbers some of which are absent. */
static int
append_number(enum dtype dtype, const char *text, struct buf *out, struct error *why)
{
	size_t len = strlen(text);
	struct buf unused = {0};
	trim(&text, &len);
	if (len == 0)
		return error_set(why, "empty");
	bool is_true = len == 4 && strncasecmp(text, "true", len) == 0;
	if (dtype == DTYPE_BOOL &&
	    (is_true || (len == 5 && strncasecmp(text, "false", len) == 0))) {
		text = is_true ? "1" : "0";
		len = 1;
	} else if (dtype != DTYPE_F32 && dtype != DTYPE_F64 && len > 2 &&
	           memcmp(text + len - 2, ".0", 2) == 0) {
		len -= 2;
	}
	/* Parsed to check it, but written with the same digits, so that none is lost. */
	int status = literal_value(dtype, text, len, &unused, why);
	buf_free(&unused);
	buf_add(out, text, len);
	return status;
}

static int
append_numbers(
    const struct label *l, const struct table *t, size_t row, struct buf *out, struct error *why)
{
	for (size_t i = 0; i < l->column_count; i++) {
		if (i > 0)
			buf_add(out, ",", 1);
		if (append_number(l->dtype, table_field(t, row, l->columns[i]), out, why) != 0)
			return error_prefix(why, "column '%s'", l->column_names[i]);
	}
	return 0;
}

/* The number of a class, or -1 with the reason. Classes are a few dozens: looked for one by one. */
static long
find_class(const struct label *l, const char *item, size_t len, struct error *why)
{
	for (size_t i = 0; i < l->class_count; i++) {
		if (strlen(l->classes[i]) == len && memcmp(item, l->classes[i], len) == 0)
			return (long)i;
	}
	return error_set(why, "column '%s': no class '%.*s' in %s", l->column_names[0],
	    len > 80 ? 80 : (int)len, item, l->classes_path);
}

/* The next element of a list in text, as Python, numpy and JSON print it (['a', "b"], ['a' 'b']) or
 * separated by ; or |. *at is where to continue, first the text itself; *item and *len are the
 * element, without the spaces around it. Returns 1, 0 at the end, -1 if a quote is not closed. */
static int
next_item(const char **at, const char **item, size_t *len)
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
	trim(item, len);
	return 1;
}

static int
append_list(const struct label *l, const char *list, struct buf *out, struct error *why)
{
	const char *at = list, *item;
	size_t len, start = out->len;
	int got;
	/* Nobody knows whether an empty cell means no class, or that the classes are unknown. */
	if (list[strspn(list, label_space)] == '\0')
		return error_set(why, "column '%s': empty: write [] for a patch without classes",
		    l->column_names[0]);
	for (size_t i = 0; i < l->class_count; i++)
		buf_add(out, "0,", 2);
	/* A comma after a single one makes it a vector. */
	out->len -= l->class_count > 1;
	while ((got = next_item(&at, &item, &len)) > 0) {
		long n = find_class(l, item, len, why);
		if (n < 0)
			return -1;
		out->data[start + 2 * (size_t)n] = '1';
	}
	return got == 0 ? 0
	                : error_set(why, "column '%s': a quote is not closed", l->column_names[0]);
}

static int
append_class(const struct label *l, const char *text, struct buf *out, struct error *why)
{
	size_t len = strlen(text);
	trim(&text, &len);
	long n = find_class(l, text, len, why);
	if (n < 0)
		return -1;
	buf_addf(out, "%ld", n);
	return 0;
}

int
label_append(
    const struct label *l, const struct table *t, size_t row, struct buf *out, struct error *why)
{
	buf_addf(out, "\t%s=\\:%s:", l->name, dtype_name(l->dtype));
	if (l->kind == LABEL_NUMBERS)
		return append_numbers(l, t, row, out, why);
	const char *field = table_field(t, row, l->columns[0]);
	return l->kind == LABEL_CLASS ? append_class(l, field, out, why)
	                              : append_list(l, field, out, why);
}
