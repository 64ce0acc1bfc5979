/*
 * Tables and the values that are taken from them. The first byte says whether there is a header and
 * which delimiter; the rest is the text. What is split, written again with every field quoted, splits
 * into the same fields; what a literal is made of reads back as it.
 */

#include "base/buf.h"
#include "fuzz.h"
#include "join/table.h"
#include "stream/literal.h"

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

static void
split_again(const struct table *t, char delimiter)
{
	struct buf text = {0};
	struct table again;
	struct error why;
	for (size_t row = 0; row < t->rows; row++) {
		for (size_t column = 0; column < t->columns; column++) {
			add(&text, &delimiter, column > 0);
			quote(&text, table_field(t, row, column));
		}
		add(&text, "\r\n", 2);
	}
	size_t len = text.len;
	add(&text, "", 1);
	must(table_parse(text.data, len, delimiter, false, &again, &why) == 0, "it splits again");
	must(again.rows == t->rows && again.columns == t->columns, "into as many fields");
	for (size_t i = 0; i < t->rows * t->columns; i++)
		must(strcmp(table_field(&again, i / t->columns, i % t->columns),
		         table_field(t, i / t->columns, i % t->columns)) == 0,
		    "into the same fields");
	table_free(&again);
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
	static const char delimiters[] = {TABLE_DETECT, ',', ';', '\t'};
	struct table t;
	struct error why;
	if (size == 0)
		return 0;
	bool header = data[0] & 4;
	char *text = malloc(size);
	must(text != NULL, "there is memory");
	memcpy(text, data + 1, size - 1);
	if (table_parse(text, size - 1, delimiters[data[0] % 4], header, &t, &why) == 0) {
		for (size_t i = 0; i < t.rows * t.columns; i++)
			check_literal(table_field(&t, i / t.columns, i % t.columns));
		if (t.rows > 0)
			split_again(&t, ',');
		table_free(&t);
	}
	free(text);
	return 0;
}
