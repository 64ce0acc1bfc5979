/* rsenc-join: pairs, renames and labels group lines by the rows of a table. */

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/keyset.h"
#include "base/stop.h"
#include "join/labels.h"
#include "join/parts.h"
#include "join/table.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-join [-Hqv] [-d DELIMITER] [-n COLUMN] [-p COLUMN[=PREFIX]]...\n"
    "                  [-l NAME:DTYPE=COLUMNS]... [-c NAME=COLUMN:CLASSES]...\n"
    "                  [-m NAME=COLUMN:CLASSES]... TABLE\n"
    "Looks the keys of group lines (stdin) up in a table, and writes a group line for each row\n"
    "whose groups have come. A line that finds no row is named, and the exit status is 1.\n";

static const size_t table_max = (size_t)4 << 30, classes_max = (size_t)16 << 20; /* bytes */

/* A column that holds keys: -p. */
struct part {
	char *column; /* its name */
	const char *prefix;
};

struct command {
	bool no_header, quiet, verbose;
	char delimiter;
	const char *new_key; /* -n */
	struct part *parts;
	size_t part_count;
	struct label *labels;
	size_t label_count;

	const char *path; /* of the table */
	struct buf text;
	struct table table;
	size_t *columns; /* of the parts */
	size_t key_column;
	struct join join;
	struct keyset written; /* keys */
	struct buf key, line;
	struct lines lines;
	struct output out;
	struct meter meter; /* counts lines */
	uint64_t count;     /* of lines written */
	int status;
};

static _Noreturn void
out_of_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- options ---- */

/* Room for one more element of an array. */
static void *
one_more(void *array, size_t count, size_t size)
{
	void *larger = realloc(array, (count + 1) * size);
	if (!larger)
		out_of_memory();
	return larger;
}

static void
take_part(void *context, const char *option, const char *value)
{
	struct command *c = context;
	char *column = strdup(value);
	if (!column)
		out_of_memory();
	char *equals = strchr(column, '=');
	if (equals)
		*equals = '\0';
	if (!*column)
		diag_usage("%s: '%s': it names no column", option, value);
	if (equals && strpbrk(equals + 1, "\t\n,{}="))
		diag_usage("%s: '%s': a prefix is part of a name", option, value);
	c->parts = one_more(c->parts, c->part_count, sizeof *c->parts);
	c->parts[c->part_count++] = (struct part){column, equals ? equals + 1 : ""};
	/* cppcheck-suppress memleak ; the part holds the column */
}

static void
take_label(struct command *c, enum label_kind kind, const char *option, const char *value)
{
	struct error why;
	c->labels = one_more(c->labels, c->label_count, sizeof *c->labels);
	if (label_parse(kind, value, &c->labels[c->label_count++], &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

static void
take_numbers(void *context, const char *option, const char *value)
{
	take_label(context, LABEL_NUMBERS, option, value);
}

static void
take_class(void *context, const char *option, const char *value)
{
	take_label(context, LABEL_CLASS, option, value);
}

static void
take_classes(void *context, const char *option, const char *value)
{
	take_label(context, LABEL_CLASSES, option, value);
}

static void
take_delimiter(void *context, const char *option, const char *value)
{
	struct command *c = context;
	if (strcmp(value, "tab") == 0)
		c->delimiter = '\t';
	else if (strcmp(value, "space") == 0)
		c->delimiter = ' ';
	else if (strlen(value) == 1 && !strchr("\"\n\r", *value))
		c->delimiter = *value;
	else
		diag_usage("%s: '%s' is not one character, nor tab or space", option, value);
}

static char **
read_options(struct command *c, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'p', "part", "COLUMN[=PREFIX]",
	        "the column with the groups' keys (the first one); several\n"
	        "make one group of several, with a prefix for the tensors of each",
	        .take = take_part},
	    {'n', "new-key", "COLUMN", "the column with the new key (that of the first part)",
	        .text = &c->new_key},
	    {'l', "label", "NAME:DTYPE=COLUMNS", "add a tensor of these columns' numbers",
	        .take = take_numbers},
	    {'c', "class", "NAME=COLUMN:CLASSES",
	        "add the number of a class (CLASSES: a file of names)", .take = take_class},
	    {'m', "multi-hot", "NAME=COLUMN:CLASSES", "add 0 or 1 for each class",
	        .take = take_classes},
	    {'d', "delimiter", "DELIMITER", "what separates fields (a tab, comma or semicolon)",
	        .take = take_delimiter},
	    {'H', "no-header", NULL, "there is no header: columns are called 1, 2, ...",
	        .flag = &c->no_header},
	    {'q', "quiet", NULL, "no meter", .flag = &c->quiet},
	    {'v', "verbose", NULL, "say what came of it, and of how many rows no group came",
	        .flag = &c->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, c, argc, argv);
}

/* ---- the table ---- */

static void
read_classes(struct label *l)
{
	struct buf text = {0};
	struct error why;
	if (!l->classes_path)
		return;
	if (file_slurp(l->classes_path, classes_max, &text, &why) != 0 ||
	    label_classes(l, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", l->classes_path, why.text);
	buf_free(&text);
}

static size_t
find_column(const struct command *c, const char *name)
{
	struct error why;
	long column = table_column(&c->table, name, &why);
	if (column < 0)
		diag_die(STATUS_BAD, "%s: %s", c->path, why.text);
	return (size_t)column;
}

static void
bind_columns(struct command *c)
{
	struct error why;
	size_t count = c->part_count > 0 ? c->part_count : 1;
	c->columns = calloc(count, sizeof *c->columns);
	if (!c->columns)
		out_of_memory();
	for (size_t i = 0; i < c->part_count; i++)
		c->columns[i] = find_column(c, c->parts[i].column);
	c->key_column = c->new_key ? find_column(c, c->new_key) : c->columns[0];
	for (size_t i = 0; i < c->label_count; i++) {
		if (label_bind(&c->labels[i], &c->table, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", c->path, why.text);
	}
	if (join_start(&c->join, &c->table, c->columns, count, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", c->path, why.text);
}

static void
read_table(struct command *c)
{
	struct error why;
	if (file_slurp(c->path, table_max, &c->text, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", c->path, why.text);
	for (size_t i = 0; i < c->label_count; i++)
		read_classes(&c->labels[i]);
	confine(NULL);
	if (buf_reserve(&c->text, 1) != 0)
		out_of_memory();
	if (table_parse(c->text.data, c->text.len, c->delimiter, !c->no_header, &c->table, &why) !=
	    0)
		diag_die(STATUS_BAD, "%s: %s", c->path, why.text);
	bind_columns(c);
}

/* ---- lines ---- */

static void
report(struct command *c, const char *key, const char *text)
{
	diag_warn("%s: %s", key, text);
	c->status = STATUS_BAD;
}

/* The line of a row that is complete. It is left out if the row lacks something. */
static int
write_row(void *context, size_t row, struct join_line *const *lines)
{
	struct command *c = context;
	struct table_field key = table_field(&c->table, row, c->key_column);
	struct error why, cause;
	int new;
	c->line.len = 0;
	if (key.len == 0 || key.len > KEY_MAX) {
		error_set(&why, "%s: line %u: the new key has %zu bytes, not 1 to %d", c->path,
		    c->table.line[row], key.len, KEY_MAX);
		report(c, key.text, why.text);
		return 0;
	}
	if (group_escape_key(&c->line, key.text, key.len) != 0)
		out_of_memory();
	for (size_t i = 0; i < c->join.parts; i++) {
		if (join_fields(lines[i], c->parts ? c->parts[i].prefix : "", &c->line) != 0)
			out_of_memory();
	}
	for (size_t i = 0; i < c->label_count; i++) {
		if (label_append(&c->labels[i], &c->table, row, &c->line, &cause) != 0) {
			error_set(&why, "%s: line %u: %s", c->path, c->table.line[row], cause.text);
			report(c, key.text, why.text);
			return 0;
		}
	}
	if ((new = keyset_add(&c->written, hash_bytes(key.text, key.len))) < 0)
		out_of_memory();
	if (new == 0) {
		error_set(&why, "%s: line %u: an earlier row made a group of this key already",
		    c->path, c->table.line[row]);
		report(c, key.text, why.text);
		return 0;
	}
	if (output_add(&c->out, c->line.data, c->line.len, &why) != 0 ||
	    output_line(&c->out, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
	c->count++;
	return 0;
}

static void
take_line(struct command *c, const char *line, size_t len)
{
	struct error why;
	const char *tab = memchr(line, '\t', len);
	c->key.len = 0;
	if (group_key(line, len, &c->key, &why) != 0) {
		diag_warn("line %lu: %s", c->lines.number, why.text);
		c->status = STATUS_BAD;
		return;
	}
	switch (join_add(&c->join, c->key.data, c->key.len, line, len, (size_t)(tab - line),
	    write_row, c, &why)) {
	case JOIN_OK:
		break;
	case JOIN_UNMATCHED:
		error_set(&why, "no row of %s has it", c->path);
		report(c, c->key.data, why.text);
		break;
	case JOIN_TWICE:
		report(c, c->key.data, "a group of this key came before");
		break;
	case JOIN_FAILED:
		out_of_memory();
	}
}

/* Names the lines whose partners have not come. */
static void
name_left_over(struct command *c)
{
	const struct join_line *line;
	size_t place = 0, row, part;
	while ((line = join_left_over(&c->join, &place, &row, &part))) {
		struct table_field partner = table_field(&c->table, row, c->columns[part]);
		struct error why;
		if (partner.len == 0)
			error_set(&why, "%s: line %u: column '%s' is empty", c->path,
			    c->table.line[row], c->parts[part].column);
		else
			error_set(&why, "its partner %s (%s: line %u, column '%s') has not come",
			    partner.text, c->path, c->table.line[row], c->parts[part].column);
		c->key.len = 0;
		if (buf_add(&c->key, line->text, line->key_len) != 0 ||
		    buf_add(&c->key, "", 1) != 0)
			out_of_memory();
		report(c, c->key.data, why.text);
	}
}

static void
join_lines(struct command *c)
{
	const char *line;
	size_t len;
	struct error why;
	int got;
	while ((got = lines_next(&c->lines, &line, &len, &why)) > 0) {
		if (group_is_blank(line, len))
			continue;
		meter_add(&c->meter, 1, len + 1);
		take_line(c, line, len);
	}
	if (got < 0) {
		diag_warn("standard input: %s", why.text);
		c->status = STATUS_BAD;
	} else if (!stop_signal()) {
		name_left_over(c);
	}
	if (output_finish(&c->out, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
}

static void
summarise(struct command *c)
{
	if (stop_signal()) {
		diag_stopped("stopped by signal %d: the list is incomplete", stop_signal());
		c->status = 128 + stop_signal();
	} else if (c->verbose) {
		diag_warn("%s: %zu rows; patches read: %" PRIu64 ", written: %" PRIu64
		          ", rows of which no patch came: %zu",
		    c->path, c->table.rows, c->meter.count, c->count, join_untouched(&c->join));
	}
}

static void
clean_up(struct command *c)
{
	join_free(&c->join);
	table_free(&c->table);
	for (size_t i = 0; i < c->part_count; i++)
		free(c->parts[i].column);
	for (size_t i = 0; i < c->label_count; i++)
		label_free(&c->labels[i]);
	free(c->parts);
	free(c->labels);
	free(c->columns);
	keyset_free(&c->written);
	lines_finish(&c->lines);
	buf_free(&c->text);
	buf_free(&c->key);
	buf_free(&c->line);
}

int
main(int argc, char **argv)
{
	struct command c = {.delimiter = TABLE_DETECT};
	diag_start(argv[0]);
	c.path = options_operand(read_options(&c, argc, argv), "table");
	diag_need_input("group lines", "rsenc-scan");
	stop_catch();
	read_table(&c);
	lines_start(&c.lines, NULL, STDIN_FILENO);
	meter_start(&c.meter, "joining", 0, METER_STREAM, c.quiet, c.verbose);
	join_lines(&c);
	meter_finish(&c.meter);
	summarise(&c);
	clean_up(&c);
	diag_close_stdout();
	return c.status;
}
