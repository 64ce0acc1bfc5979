#include "cmd/join_options.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "cmd/operands.h"
#include "process/diag.h"
#include "process/options.h"
#include "process/sandbox.h"
#include "stream/detect_format.h"
#include "stream/group.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes. The table is held in memory: lines may ask for its rows in any order. */
static const size_t table_max = UINT32_MAX, classes_max = (size_t)16 << 20;

static const char usage[] =
    "usage: rsenc-join [-Hqv] [-d DELIMITER] [--new-key=COLUMN] [-p COLUMN[=PREFIX]]...\n"
    "                  [-l NAME:DTYPE=COLUMNS]... [--class=NAME=COLUMN:CLASSES]...\n"
    "                  [-m NAME=COLUMN:CLASSES]... TABLE\n"
    "Finds the keys of group lines (stdin) in a table, and writes a group line for each row whose\n"
    "groups were all read. A line without a row is reported and skipped: the exit status is 1.\n";

/* ---- options ---- */

static void
add_part(struct join_options *o, char *column, const char *prefix)
{
	o->parts = xreallocarray(o->parts, o->part_count + 1, sizeof *o->parts);
	o->parts[o->part_count++] = (struct join_part){column, prefix};
}

static void
take_part(void *options, const char *option, const char *value)
{
	char *column = xstrdup(value), *equals = strchr(column, '=');
	if (equals)
		*equals = '\0';
	if (!*column)
		diag_usage("%s: '%s': missing column name", option, value);
	/* In a group line these end a name, or make several of it (rsenc-groups(5)). */
	if (equals && strpbrk(equals + 1, "\t\n,{}="))
		diag_usage(
		    "%s: '%s': a prefix must not contain a tab, newline, ',', '{', '}' or '='",
		    option, value);
	add_part(options, column, equals ? equals + 1 : "");
}

/* What -l, --class and -m give: each has its kind. */
struct label_option {
	struct join_options *options;
	enum label_kind kind;
};

static void
take_label(void *context, const char *option, const char *value)
{
	const struct label_option *l = context;
	struct join_options *o = l->options;
	struct error why;
	o->labels = xreallocarray(o->labels, o->label_count + 1, sizeof *o->labels);
	if (label_parse(l->kind, value, &o->labels[o->label_count++], &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

static void
take_delimiter(void *options, const char *option, const char *value)
{
	struct join_options *o = options;
	/* Quotes and line ends have a meaning of their own in a table (RFC 4180). */
	if (strlen(value) != 1 || strchr("\"\n\r", *value))
		diag_usage("%s: '%s' is not a single character (a tab is found without -d)", option,
		    value);
	o->delimiter = *value;
}

/* ---- the table ---- */

static void
read_classes(struct label *l)
{
	struct buf text = {0};
	struct error why;
	if (!l->classes_path)
		return;
	if (file_read_all(l->classes_path, classes_max, &text, &why) != 0 ||
	    label_classes(l, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", l->classes_path, why.text);
	buf_free(&text);
}

static size_t
find_column(const struct join_options *o, const char *name)
{
	struct error why;
	long column = table_column(&o->table, name, &why);
	if (column < 0)
		diag_die(STATUS_BAD, "%s: %s", o->path, why.text);
	return (size_t)column;
}

/* Before the first line is read, so that a wrong name is reported once. */
static void
find_columns(struct join_options *o)
{
	struct error why;
	/* Without -p there is one part, the first column. */
	if (o->part_count == 0)
		add_part(o, xstrdup(o->table.names ? o->table.names : "1"), "");
	o->columns = xcalloc(o->part_count, sizeof *o->columns);
	for (size_t i = 0; i < o->part_count; i++)
		o->columns[i] = find_column(o, o->parts[i].column);
	o->key_column = o->new_key ? find_column(o, o->new_key) : o->columns[0];
	for (size_t i = 0; i < o->label_count; i++) {
		if (label_bind(&o->labels[i], &o->table, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", o->path, why.text);
	}
}

/* Reports what cannot be parsed: BigEarthNet's table is a Parquet file, others come from
 * spreadsheets and from Windows. `first` are its first bytes, which say more than the parser. */
static _Noreturn void
bad_table(const struct join_options *o, const char *first, size_t len, struct error *why)
{
	enum format format = detect_format(first, len);
	bool utf16 = len >= 2 &&
	             (memcmp(first, "\xff\xfe", 2) == 0 || memcmp(first, "\xfe\xff", 2) == 0);
	bool excel = format == FORMAT_ZIP ||
	             (len >= 4 && memcmp(first, "\xd0\xcf\x11\xe0", 4) == 0);
	char *path = shell_quoted(o->path);
	if (utf16) {
		error_set(
		    why, "is text in UTF-16: run 'iconv -f UTF-16 -t UTF-8 %s >utf8.csv'", path);
	} else if (format == FORMAT_PARQUET || excel) {
		error_set(why,
		    "is %s file: run \"python3 -c 'import pandas, sys; pandas.read_%s(sys.argv[1])"
		    ".to_csv(sys.argv[2], index=False)' %s table.csv\"",
		    excel ? "an Excel" : "a Parquet", excel ? "excel" : "parquet", path);
	} else if (format != FORMAT_UNKNOWN && format != FORMAT_TEXT && format != FORMAT_GROUPS) {
		format_error(why, FORMAT_TABLE, format);
	}
	free(path);
	diag_die(STATUS_BAD, "%s: %s", o->path, why->text);
}

static void
read_table(struct join_options *o)
{
	struct error why;
	char first[FORMAT_BYTES];
	if (file_read_all(o->path, table_max, &o->text, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", o->path, why.text);
	for (size_t i = 0; i < o->label_count; i++)
		read_classes(&o->labels[i]);
	/* All files are in memory: nothing more is opened. */
	sandbox_enter(NULL, NULL);
	/* The last field needs a byte more, for its NUL. */
	buf_reserve(&o->text, 1);
	/* Before the text is overwritten. */
	size_t len = o->text.len < sizeof first ? o->text.len : sizeof first;
	memcpy(first, o->text.data, len);
	if (table_parse(o->text.data, o->text.len, o->delimiter, !o->no_header, &o->table, &why) !=
	    0)
		bad_table(o, first, len, &why);
	find_columns(o);
}

void
join_options_read(struct join_options *o, int argc, char **argv)
{
	struct label_option numbers = {o, LABEL_NUMBERS}, class = {o, LABEL_CLASS},
	                    multi_hot = {o, LABEL_CLASSES};
	const struct option_row rows[] = {
	    {'p', "part", "COLUMN[=PREFIX]",
	        "the column with the keys of the groups (the first);\n"
	        "several join groups, with a prefix for the tensors",
	        .take = take_part},
	    {0, "new-key", "COLUMN", "the column with the new key (that of the first part)",
	        .text = &o->new_key},
	    {'l', "label", "NAME:DTYPE=COLUMNS", "add a tensor of the numbers of these columns",
	        .take = take_label, .context = &numbers},
	    {0, "class", "NAME=COLUMN:CLASSES",
	        "add the number of a class (CLASSES: one name per line)", .take = take_label,
	        .context = &class},
	    {'m', "multi-hot", "NAME=COLUMN:CLASSES", "add 0 or 1 for each class",
	        .take = take_label, .context = &multi_hot},
	    {'d', "delimiter", "DELIMITER", "between fields (a tab, comma or semicolon)",
	        .take = take_delimiter},
	    {'H', "no-header", NULL, "the table has no header: columns are 1, 2, ...",
	        .flag = &o->no_header},
	    {'q', "quiet", NULL, "show no progress", .flag = &o->quiet},
	    {'v', "verbose", NULL, "report the numbers of rows and patches", .flag = &o->verbose},
	};
	*o = (struct join_options){.delimiter = TABLE_DETECT};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, o, argc, argv);
	check_operands(argv, operands, "TABLE");
	o->path = options_operand(operands, "TABLE");
	require_stdin_not_tty("group lines", "rsenc-scan");
	/* Before the lines: a wrong table is reported before a scan has run for an hour. */
	read_table(o);
}

/* ---- a row ---- */

int
join_options_line(struct join_options *o, size_t row, struct join_line *const *lines,
    struct buf *out, struct error *why)
{
	const char *key = table_field(&o->table, row, o->key_column);
	size_t len = strlen(key);
	out->len = 0;
	/* Here, where the line of the table is known: rsenc-pack knows only the group line. */
	if (len == 0 || len > KEY_MAX) {
		error_set(why, "the new key has %zu bytes, not 1 to %d", len, KEY_MAX);
		return error_prefix(why, "%s: line %u", o->path, o->table.lines[row]);
	}
	group_escape_key(out, key, len);
	for (size_t i = 0; i < o->part_count; i++)
		join_fields(lines[i], o->parts[i].prefix, out);
	for (size_t i = 0; i < o->label_count; i++) {
		if (label_append(&o->labels[i], &o->table, row, out, why) != 0)
			return error_prefix(why, "%s: line %u", o->path, o->table.lines[row]);
	}
	return 0;
}
