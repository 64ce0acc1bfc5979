/* rsenc-join: pairs, renames and labels group lines by the rows of a table. */

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/keyset.h"
#include "cmd/operands.h"
#include "join/labels.h"
#include "join/parts.h"
#include "join/table.h"
#include "process/diag.h"
#include "process/lines.h"
#include "process/options.h"
#include "process/output.h"
#include "process/progress.h"
#include "process/sandbox.h"
#include "stream/group.h"

#include <inttypes.h>
#include <string.h>

static const char usage[] =
    "usage: rsenc-join [-qv] [--new-key=COLUMN] [-p COLUMN[=PREFIX]]...\n"
    "                  [-l NAME:DTYPE=COLUMNS]... [--class=NAME=COLUMN:CLASSES]...\n"
    "                  [-m NAME=COLUMN:CLASSES]... TABLE\n"
    "Finds the keys of group lines (stdin) in a table, and writes a group line for each row whose\n"
    "groups were all read. A line without a row is reported and skipped: the exit status is 1.\n";

struct joiner {
	bool quiet, verbose;
	const char *new_key; /* --new-key */
	struct join_part {
		char *column;
		const char *prefix;
	} * parts; /* columns that hold keys: -p; one at least, once the table is read */
	size_t part_count;
	struct label *labels;
	size_t label_count;

	const char *path; /* of the table */
	struct table table;
	size_t *columns; /* of the parts */
	size_t key_column;
	struct join join;
	struct keyset written; /* keys */
	struct buf key, line;
	struct lines lines;
	struct output out;
	struct progress progress; /* counts lines */
	uint64_t count;           /* lines that were written */
};

/* ---- options ---- */

static void
add_part(struct joiner *j, char *column, const char *prefix)
{
	j->parts = xreallocarray(j->parts, j->part_count + 1, sizeof *j->parts);
	j->parts[j->part_count++] = (struct join_part){column, prefix};
}

static void
take_part(void *joiner, const char *option, const char *value)
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
	add_part(joiner, column, equals ? equals + 1 : "");
}

/* What -l, --class and -m give: each has its kind. */
struct label_option {
	struct joiner *joiner;
	enum label_kind kind;
};

static void
take_label(void *context, const char *option, const char *value)
{
	const struct label_option *l = context;
	struct joiner *j = l->joiner;
	struct error why;
	j->labels = xreallocarray(j->labels, j->label_count + 1, sizeof *j->labels);
	if (label_parse(l->kind, value, &j->labels[j->label_count++], &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

static void
read_options(struct joiner *j, int argc, char **argv)
{
	struct label_option numbers = {j, LABEL_NUMBERS}, class = {j, LABEL_CLASS},
	                    multi_hot = {j, LABEL_CLASSES};
	const struct option_row rows[] = {
	    {'p', "part", "COLUMN[=PREFIX]",
	        "the column with the keys of the groups (the first);\n"
	        "several join groups, with a prefix for the tensors",
	        .take = take_part},
	    {0, "new-key", "COLUMN", "the column with the new key (that of the first part)",
	        .text = &j->new_key},
	    {'l', "label", "NAME:DTYPE=COLUMNS", "add a tensor of the numbers of these columns",
	        .take = take_label, .context = &numbers},
	    {0, "class", "NAME=COLUMN:CLASSES",
	        "add the number of a class (CLASSES: one name per line)", .take = take_label,
	        .context = &class},
	    {'m', "multi-hot", "NAME=COLUMN:CLASSES", "add 0 or 1 for each class",
	        .take = take_label, .context = &multi_hot},
	    {'q', "quiet", NULL, "show no progress", .flag = &j->quiet},
	    {'v', "verbose", NULL, "report the numbers of rows and patches", .flag = &j->verbose},
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, j, argc, argv);
	check_operands(argv, operands, "TABLE");
	j->path = options_operand(operands, "TABLE");
}

/* ---- the table ---- */

static size_t
find_column(const struct joiner *j, const char *name)
{
	struct error why;
	size_t column;
	if (table_column(&j->table, name, &column, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
	return column;
}

/* Before the lines: a wrong table is reported before a scan has run for an hour. */
static void
read_table(struct joiner *j)
{
	struct error why;
	if (table_read(j->path, &j->table, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
	/* Without -p there is one part, the first column. */
	if (j->part_count == 0)
		add_part(j, xstrdup(j->table.names), "");
	j->columns = xcalloc(j->part_count, sizeof *j->columns);
	for (size_t i = 0; i < j->part_count; i++)
		j->columns[i] = find_column(j, j->parts[i].column);
	j->key_column = j->new_key ? find_column(j, j->new_key) : j->columns[0];
	for (size_t i = 0; i < j->label_count; i++) {
		struct label *l = &j->labels[i];
		if (label_bind(l, &j->table, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
		if (label_read_classes(l, &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", l->classes_path, why.text);
	}
	if (join_start(&j->join, &j->table, j->columns, j->part_count, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
}

/* ---- rows ---- */

/* Makes the group line, without newline, of a row. Returns 0, or -1 with the reason. */
static int
make_line(struct joiner *j, const char *key, size_t row, struct join_line *const *lines,
    struct error *why)
{
	size_t len = strlen(key);
	j->line.len = 0;
	/* Here, where the line of the table is known: rsenc-pack knows only the group line. */
	if (len == 0 || len > KEY_MAX)
		return error_set(why, "the new key has %zu bytes, not 1 to %d", len, KEY_MAX);
	group_escape_key(&j->line, key, len);
	for (size_t i = 0; i < j->part_count; i++)
		join_fields(lines[i], j->parts[i].prefix, &j->line);
	for (size_t i = 0; i < j->label_count; i++) {
		if (label_append(&j->labels[i], &j->table, row, &j->line, why) != 0)
			return -1;
	}
	/* Two rows may have one new key. Hashes are held, in 12 bytes, and not keys. */
	return keyset_add(&j->written, hash_bytes(key, len)) ? 0
	                                                     : error_set(why, "duplicate new key");
}

/* Writes the line of a row that is complete. No line is dropped silently, as join(1) does it. */
static void
write_row(void *context, size_t row, struct join_line *const *lines)
{
	struct joiner *j = context;
	const char *key = table_field(&j->table, row, j->key_column);
	struct error why;
	if (make_line(j, key, row, lines, &why) != 0) {
		diag_bad(
		    "%s: %s: line %u: %s: skipped", key, j->path, j->table.lines[row], why.text);
		return;
	}
	buf_add(&j->out.pending, j->line.data, j->line.len);
	output_line(&j->out);
	j->count++;
}

static void
add_line(struct joiner *j, const char *line, size_t len)
{
	struct error why;
	/* The escaped key ends here; group_key refuses a line without a tab. */
	const char *tab = memchr(line, '\t', len);
	j->key.len = 0;
	int status = group_key(line, len, &j->key, &why);
	/* All lines of a record stream, for example, are bad: one message is enough. */
	if (status == -2)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	if (status != 0) {
		diag_bad("line %lu: %s", j->lines.number, why.text);
		return;
	}
	const char *key = j->key.data;
	enum join_status added = join_add(
	    &j->join, key, line, len, (size_t)(tab - line), write_row, j);
	if (added == JOIN_UNMATCHED)
		diag_bad("%s: not in %s (-p %s%s): skipped", key, j->path, j->parts[0].column,
		    j->part_count > 1 ? " ..." : "");
	else if (added == JOIN_DUPLICATE)
		diag_bad("%s: duplicate key: skipped", key);
}

/* Reports the lines whose partners were not read. */
static void
report_left_over(struct joiner *j)
{
	const struct join_line *line;
	size_t place = 0, row, part;
	while ((line = join_left_over(&j->join, &place, &row, &part))) {
		const char *partner = table_field(&j->table, row, j->columns[part]);
		/* The key as it is written, which is what the user can look for. */
		diag_bad("%.*s: no group line for '%s' (%s: line %u, column '%s'): skipped",
		    (int)line->key_len, line->text, partner, j->path, j->table.lines[row],
		    j->parts[part].column);
	}
}

static void
join_lines(struct joiner *j)
{
	const char *line;
	size_t len;
	while (lines_next(&j->lines, &line, &len)) {
		if (group_is_blank(line, len))
			continue;
		progress_add(&j->progress, 1, len + 1);
		add_line(j, line, len);
	}
	/* In a truncated list, partners may be missing that exist. */
	if (!j->lines.failed)
		report_left_over(j);
	output_finish(&j->out);
}

int
main(int argc, char **argv)
{
	static struct joiner j;
	read_options(&j, argc, argv);
	require_stdin_not_tty("group lines", "rsenc-scan");
	sandbox_enter(NULL);
	read_table(&j);
	lines_start(&j.lines, NULL, NULL);
	progress_start(&j.progress, "joining", 0, PROGRESS_STREAM, j.quiet, j.verbose);
	join_lines(&j);
	progress_finish(&j.progress);
	if (j.verbose)
		diag_warn("%s: %zu rows; patches read: %" PRIu64 ", written: %" PRIu64, j.path,
		    j.table.rows, j.progress.count, j.count);
	return diag_close_stdout();
}
