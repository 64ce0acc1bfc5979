/* rsenc-join: pairs, renames and labels group lines by the rows of a table. */

#include "base/buf.h"
#include "base/bytes.h"
#include "base/keyset.h"
#include "cmd/join_options.h"
#include "process/diag.h"
#include "process/lines.h"
#include "process/progress.h"
#include "process/output.h"
#include "stream/group.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct joiner {
	struct join_options options; /* the table and its columns */
	struct join join;
	struct keyset written; /* keys */
	struct buf key, line;
	struct lines lines;
	struct output out;
	struct progress progress; /* counts lines */
	uint64_t count;           /* lines that were written */
};

/* Writes the line of a row that is complete. No line is dropped silently, as join(1) does it. */
static void
write_row(void *context, size_t row, struct join_line *const *lines)
{
	struct joiner *j = context;
	struct join_options *o = &j->options;
	const char *key = table_field(&o->table, row, o->key_column);
	struct error why;
	if (join_options_line(o, row, lines, &j->line, &why) != 0) {
		diag_bad("%s: %s: skipped", key, why.text);
		return;
	}
	/* Two rows may have one new key. Hashes are held, in 12 bytes, and not keys. */
	if (keyset_add(&j->written, hash_bytes(key, strlen(key))) == 0) {
		diag_bad("%s: %s: line %u: duplicate new key: skipped", key, o->path,
		    o->table.lines[row]);
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
		diag_bad("%s: not in %s (-p %s%s): skipped", key, j->options.path,
		    j->options.parts[0].column, j->options.part_count > 1 ? " ..." : "");
	else if (added == JOIN_DUPLICATE)
		diag_bad("%s: duplicate key: skipped", key);
}

/* Reports the lines whose partners were not read. */
static void
report_left_over(struct joiner *j)
{
	const struct join_options *o = &j->options;
	const struct join_line *line;
	size_t place = 0, row, part;
	while ((line = join_left_over(&j->join, &place, &row, &part))) {
		const char *partner = table_field(&o->table, row, o->columns[part]);
		/* The key as it is written, which is what the user can look for. */
		j->key.len = 0;
		buf_add(&j->key, line->text, line->key_len);
		buf_add(&j->key, "", 1);
		diag_bad("%s: no group line for '%s' (%s: line %u, column '%s'): skipped",
		    j->key.data, partner, o->path, o->table.lines[row], o->parts[part].column);
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
	struct join_options *o = &j.options;
	struct error why;
	join_options_read(o, argc, argv);
	if (join_start(&j.join, &o->table, o->columns, o->part_count, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", o->path, why.text);
	lines_start(&j.lines, NULL, NULL);
	progress_start(&j.progress, "joining", 0, PROGRESS_STREAM, o->quiet, o->verbose);
	join_lines(&j);
	progress_finish(&j.progress);
	if (o->verbose)
		diag_warn("%s: %zu rows; patches read: %" PRIu64 ", written: %" PRIu64, o->path,
		    o->table.rows, j.progress.count, j.count);
	join_free(&j.join);
	lines_finish(&j.lines);
	return diag_close_stdout();
}
