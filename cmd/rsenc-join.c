/* rsenc-join: pairs, renames and labels group lines by the rows of a table. */

#include "base/buf.h"
#include "base/hash.h"
#include "base/keyset.h"
#include "cmd/joining.h"
#include "join/parts.h"
#include "join/table.h"
#include "process/diag.h"
#include "process/progress.h"
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

struct command {
	bool quiet, verbose;
	struct joining joining; /* the table and its columns */
	struct join join;
	struct keyset written; /* keys */
	struct buf key, line;
	struct lines lines;
	struct output out;
	struct progress meter;   /* counts lines */
	uint64_t matched, count; /* of lines that a row names, and that were written */
	int status;
};

static _Noreturn void
out_of_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- options ---- */

static char **
read_options(struct command *c, int argc, char **argv)
{
	const struct option_row rows[] = {
	    JOINING_OPTIONS(&c->joining),
	    {'q', "quiet", NULL, "no meter", .flag = &c->quiet},
	    {'v', "verbose", NULL, "say what came of it, and of how many rows no group came",
	        .flag = &c->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, c, argc, argv);
}

/* ---- lines ---- */

/* What finds no partner is never dropped in silence, as join(1) does: each one is named. */
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
	struct joining *j = &c->joining;
	struct table_field key = table_field(&j->table, row, j->key_column);
	struct error why;
	if (joining_line(j, row, lines, &c->line, &why) != 0) {
		report(c, key.text, why.text);
		return 0;
	}
	/* Two rows may name one new key. A hash of each key is kept, and not the key: of millions
	 * of lines that is 12 bytes each. */
	int new = keyset_add(&c->written, hash_bytes(key.text, key.len));
	if (new < 0)
		out_of_memory();
	if (new == 0) {
		error_set(&why, "%s: line %u: an earlier row made a group of this key already",
		    j->path, j->table.line[row]);
		report(c, key.text, why.text);
		return 0;
	}
	/* Whole lines only: what reads them never sees half a group. */
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
	/* The key as it is written ends here; group_key refuses a line without a tab. */
	const char *tab = memchr(line, '\t', len);
	c->key.len = 0;
	int status = group_key(line, len, &c->key, &why);
	if (status != 0) {
		/* A record stream, for example: each of its million lines would be reported. */
		if (status == -2)
			diag_die(STATUS_BAD, "standard input %s", why.text);
		diag_warn("line %lu: %s", c->lines.number, why.text);
		c->status = STATUS_BAD;
		return;
	}
	switch (join_add(&c->join, c->key.data, c->key.len, line, len, (size_t)(tab - line),
	    write_row, c, &why)) {
	case JOIN_OK:
		c->matched++;
		break;
	case JOIN_UNMATCHED:
		error_set(&why, "no row of %s has it", c->joining.path);
		report(c, c->key.data, why.text);
		break;
	/* It found its row, so that it does not count for say_none_matched. */
	case JOIN_TWICE:
		c->matched++;
		report(c, c->key.data, "a group of this key came before");
		break;
	case JOIN_FAILED:
		out_of_memory();
	}
}

/* That no line finds a row is one mistake, not as many as there are lines. */
static void
say_none_matched(const struct command *c)
{
	const struct joining *j = &c->joining;
	const char *column = j->part_count > 0 ? j->parts[0].column : "1";
	if (c->matched > 0 || c->meter.count == 0 || j->table.rows == 0)
		return;
	if (j->part_count == 0 && j->table.names)
		column = j->table.names[0].text;
	diag_warn(
	    "%s: no group's key is in column '%s', which holds keys such as '%s': -p names the "
	    "column, -d what separates it from the next",
	    j->path, column, table_field(&j->table, 0, j->columns[0]).text);
}

/* Names the lines whose partners have not come. */
static void
name_left_over(struct command *c)
{
	const struct join_line *line;
	size_t place = 0, row, part;
	while ((line = join_left_over(&c->join, &place, &row, &part))) {
		struct table_field partner = table_field(
		    &c->joining.table, row, c->joining.columns[part]);
		struct error why;
		/* Either the table has a gap, or the partner is missing: two mends. */
		if (partner.len == 0)
			error_set(&why, "%s: line %u: column '%s' is empty", c->joining.path,
			    c->joining.table.line[row], c->joining.parts[part].column);
		else
			error_set(&why, "its partner %s (%s: line %u, column '%s') has not come",
			    partner.text, c->joining.path, c->joining.table.line[row],
			    c->joining.parts[part].column);
		/* As it was written, for the line is what the user can look for. */
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
		progress_add(&c->meter, 1, len + 1);
		take_line(c, line, len);
	}
	/* Of a list that was cut off, and after a stop, nobody knows what would have come: who is
	 * left over is told only of a whole one. */
	if (got < 0) {
		diag_warn("standard input: %s", why.text);
		c->status = STATUS_BAD;
	} else {
		name_left_over(c);
		say_none_matched(c);
	}
	if (output_finish(&c->out, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
}

static void
summarise(struct command *c)
{
	if (c->verbose)
		diag_warn("%s: %zu rows; patches read: %" PRIu64 ", written: %" PRIu64
		          ", rows of which no patch came: %zu",
		    c->joining.path, c->joining.table.rows, c->meter.count, c->count,
		    join_untouched(&c->join));
}

int
main(int argc, char **argv)
{
	struct command c = {.joining.delimiter = TABLE_DETECT};
	struct joining *j = &c.joining;
	struct error why;
	diag_start(argv[0]);
	const char *table = options_operand(read_options(&c, argc, argv), "table");
	require_stdin_not_tty("group lines", "rsenc-scan");
	/* The table before the lines: one that is wrong is told before a scan has run for an
	 * hour. */
	joining_read(j, table);
	size_t parts = j->part_count > 0 ? j->part_count : 1;
	if (join_start(&c.join, &j->table, j->columns, parts, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", j->path, why.text);
	lines_start(&c.lines, NULL, STDIN_FILENO);
	progress_start(&c.meter, "joining", 0, PROGRESS_STREAM, c.quiet, c.verbose);
	join_lines(&c);
	progress_finish(&c.meter);
	summarise(&c);
	join_free(&c.join);
	joining_free(j);
	keyset_free(&c.written);
	lines_finish(&c.lines);
	buf_free(&c.key);
	buf_free(&c.line);
	diag_close_stdout();
	return c.status;
}
