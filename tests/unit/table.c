/* Tables as text, and lines joined by their rows. */

#include "join/parts.h"
#include "join/table.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static void
free_table(struct table *t)
{
	free(t->offsets);
	free(t->lines);
}

/* The table that `text` is, as one line: fields in brackets, rows separated by a slash; or the
 * reason why it is none. */
static const char *
shown(const char *text)
{
	static char out[ERROR_SIZE];
	struct table t;
	struct error why;
	size_t len = strlen(text), at = 0;
	char *copy = malloc(len + 1); /* exactly: a sanitizer sees what goes beyond */
	if (!copy)
		exit(1);
	memcpy(copy, text, len);
	if (table_parse(copy, len, &t, &why) != 0) {
		snprintf(out, sizeof out, "%s", why.text);
		free_table(&t);
		free(copy);
		return out;
	}
	*out = '\0';
	const char *name = t.names;
	for (size_t c = 0; c < t.columns; c++, name += strlen(name) + 1)
		at += (size_t)sprintf(out + at, "(%s)", name);
	for (size_t r = 0; r < t.rows; r++) {
		at += (size_t)sprintf(out + at, "/");
		for (size_t c = 0; c < t.columns; c++)
			at += (size_t)sprintf(out + at, "[%s]", table_field(&t, r, c));
	}
	free_table(&t);
	free(copy);
	for (char *p = out; *p; p++)
		*p = *p == '\n' ? '|' : *p; /* a TAP point is one line */
	return out;
}

static const struct {
	const char *text, *wanted;
} rows[] = {
    {"a,b\n1,2\n", "(a)(b)/[1][2]"},
    {"a,b\n1,2", "(a)(b)/[1][2]"},
    {"a,b\r\n1,2\r\n", "(a)(b)/[1][2]"},
    {"\n\na,b\n\n\r\n1,2\n\n", "(a)(b)/[1][2]"},
    {"a\tb\n1,5\t2\n", "(a)(b)/[1,5][2]"},
    {"a;b\n1,5;2\n", "(a)(b)/[1,5][2]"},
    {"a,b\n\"x,y\",\"p\nq\"\n", "(a)(b)/[x,y][p|q]"},
    {"a,b\n\"say \"\"hi\"\"\",\"\"\n", "(a)(b)/[say \"hi\"][]"},
    {"a,b\n\"x\",\"y\"", "(a)(b)/[x][y]"},
    {"a,b\n\"x\"\r\n", "line 2 has 1 fields*"},
    {"a,b\nx\"y,z\n", "(a)(b)/[x\"y][z]"},
    {"a,b\n,\n", "(a)(b)/[][]"},
    {"a,b\n,", "(a)(b)/[][]"},
    {"a\n\"\"\n", "(a)/[]"},
    {"a,b\n", "(a)(b)"},
    {"a,b\n1,2,3\n", "line 2 has 3 fields, but the first row has 2*"},
    {"a,b\n\"1\n2\",3\n4\n", "line 4 has 1 fields*"},
    {"a,b\n\"1,2\n", "line 2: a quoted field is not closed"},
    {"a,b\n\"1\"x,2\n", "line 2: text after a closing quote"},
    {"a,a\n1,2\n", "duplicate column 'a'"},
    {"", "contains no row"},
    {"\n\n", "contains no row"},
};

static void
test_columns(void)
{
	char text[] = "id,name,1\nx,y,z\n";
	struct table t;
	struct error why;
	size_t name, one;
	ok(table_parse(text, strlen(text), &t, &why) == 0, "a table");
	ok(table_column(&t, "name", &name, &why) == 0 && name == 1 &&
	        table_column(&t, "1", &one, &why) == 0 && one == 2,
	    "a column is found by its name");
	ok(table_column(&t, "nam", &name, &why) == -1 &&
	        strcmp(why.text, "no column 'nam'; columns: id, name, 1") == 0,
	    "%s", why.text);
	free_table(&t);
}

static char joined[1000];

static void
note_row(void *context, size_t row, struct join_line *const *lines)
{
	const size_t *parts = context;
	sprintf(joined + strlen(joined), " %zu", row);
	for (size_t i = 0; i < *parts; i++)
		sprintf(joined + strlen(joined), "%c%.*s", i ? '+' : ':', (int)lines[i]->len,
		    lines[i]->text);
}

static enum join_status
come(struct join *j, const char *key, size_t *parts)
{
	return join_add(j, key, key, strlen(key), strlen(key), note_row, parts);
}

static void
test_join(void)
{
	char text[] = "a,b\nk1,m1\nk2,m1\nk3,\nk4,m4\nk5,k5\nk6,m6\n";
	size_t columns[] = {0, 1}, parts = 2, place = 0, row, part;
	struct table t;
	static struct join j;
	struct error why;
	ok(table_parse(text, strlen(text), &t, &why) == 0 &&
	        join_start(&j, &t, columns, parts, &why) == 0,
	    "six rows of two parts");
	ok(come(&j, "m1", &parts) == JOIN_OK && !*joined, "a group waits");
	ok(come(&j, "k2", &parts) == JOIN_OK && strcmp(joined, " 1:k2+m1") == 0, "%s", joined);
	ok(come(&j, "m1", &parts) == JOIN_DUPLICATE, "a duplicate key");
	*joined = '\0';
	ok(come(&j, "k1", &parts) == JOIN_OK && strcmp(joined, " 0:k1+m1") == 0,
	    "a group is in two rows:%s", joined);
	*joined = '\0';
	ok(come(&j, "k5", &parts) == JOIN_OK && strcmp(joined, " 4:k5+k5") == 0,
	    "a group is two parts of one row:%s", joined);
	ok(come(&j, "none", &parts) == JOIN_UNMATCHED && come(&j, "", &parts) == JOIN_UNMATCHED,
	    "no row has the key");
	come(&j, "k3", &parts);
	come(&j, "m4", &parts);
	const struct join_line *l = join_left_over(&j, &place, &row, &part);
	ok(l && memcmp(l->text, "k3", 2) == 0 && row == 2 && part == 1, "left over: k3");
	l = join_left_over(&j, &place, &row, &part);
	ok(l && memcmp(l->text, "m4", 2) == 0 && row == 3 && part == 0, "left over: m4");
	ok(!join_left_over(&j, &place, &row, &part), "that is all");
	free_table(&t);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = shown(rows[i].text);
		size_t len = strlen(rows[i].wanted);
		bool cut = rows[i].wanted[len - 1] == '*';
		ok(cut ? strncmp(got, rows[i].wanted, len - 1) == 0
		       : strcmp(got, rows[i].wanted) == 0,
		    "row %zu: %s", i, got);
	}
	test_columns();
	test_join();
	return tap_done();
}
