/*
 * Tables and the values that are taken from them. What is split, written again with every field quoted,
 * splits into the same fields; what a literal is made of reads back as it.
 */

#include "base/buf.h"
#include "fuzz.h"
#include "join/table.h"
#include "stream/literal.h"

static void
free_table(struct table *t)
{
	free(t->offsets);
	free(t->lines);
}

static void
add(struct buf *b, const char *bytes, size_t len)
{
	buf_add(b, bytes, len);
}

static void
quote(struct buf *b, const char *field)
{
	add(b, "\"", 1);
	for (; *field; field++)
		add(b, *field == '"' ? "\"\"" : field, *field == '"' ? 2 : 1);
	add(b, "\"", 1);
}

/* A first column without a name or values makes the tab the delimiter. */
static void
split_again(const struct table *t)
{
	struct buf text = {0};
	struct table again;
	struct error why;
	const char *name = t->names;
	for (size_t column = 0; column < t->columns; column++, name += strlen(name) + 1) {
		add(&text, "\t", 1);
		quote(&text, name);
	}
	for (size_t row = 0; row < t->rows; row++) {
		add(&text, "\r\n", 2);
		for (size_t column = 0; column < t->columns; column++) {
			add(&text, "\t", 1);
			quote(&text, table_field(t, row, column));
		}
	}
	size_t len = text.len;
	add(&text, "", 1);
	must(table_parse(text.data, len, &again, &why) == 0, "it splits again");
	must(again.rows == t->rows && again.columns == t->columns + 1, "into as many fields");
	for (size_t i = 0; i < t->rows * t->columns; i++)
		must(strcmp(table_field(&again, i / t->columns, i % t->columns + 1),
		         table_field(t, i / t->columns, i % t->columns)) == 0,
		    "into the same fields");
	free_table(&again);
	buf_free(&text);
}

static void
check_literal(const char *field)
{
	struct literal l;
	struct buf elements = {0};
	struct error why;
	if (literal_parse(field, strlen(field), &l, &elements, &why) == 0)
		must(l.count > 0 && elements.len == l.count * dtype_size(l.dtype) &&
		         (!l.scalar || l.count == 1),
		    "a literal has as many elements as it says");
	buf_free(&elements);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table t;
	struct error why;
	if (memchr(data, 0, size))
		return 0;
	char *text = malloc(size + 1);
	must(text != NULL, "there is memory");
	memcpy(text, data, size);
	if (table_parse(text, size, &t, &why) == 0) {
		for (size_t i = 0; i < t.rows * t.columns; i++)
			check_literal(table_field(&t, i / t.columns, i % t.columns));
		if (t.columns < 4096)
			split_again(&t);
	}
	free_table(&t);
	free(text);
	return 0;
}
