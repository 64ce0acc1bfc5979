/* rsenc-missing: passes on the group lines whose key a database does not contain yet. */

#include "base/buf.h"
#include "cmd/database.h"
#include "cmd/operands.h"
#include "process/diag.h"
#include "process/lines.h"
#include "process/options.h"
#include "process/progress.h"
#include "process/output.h"
#include "stream/group.h"

#include <inttypes.h>

static const char usage[] =
    "usage: rsenc-missing [-qv] DB\n"
    "Prints the group lines (standard input) whose key the LMDB database DB does not contain;\n"
    "all of them if DB does not exist.\n";

struct missing {
	const char *path;
	bool quiet, verbose;
	struct store *store; /* NULL: no database exists */
	struct lines lines;
	struct buf key;
	struct output out;
	struct progress progress; /* counts lines */
	uint64_t passed;          /* lines passed on */
};

/* Whether the database contains the key of a line. A line without a key is passed on too:
 * rsenc-pack reports each, and decides whether that ends the run. Only the first one is reported
 * here, because a list of paths contains nothing else. */
static bool
is_stored(struct missing *m, const char *line, size_t len)
{
	struct error why;
	m->key.len = 0;
	int status = group_key(line, len, &m->key, &why);
	if (status == -2)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	if (status != 0) {
		if (diag_status() == STATUS_OK)
			diag_bad("line %lu: %s", m->lines.number, why.text);
		return false;
	}
	int has = m->store ? store_get(m->store, m->key.data, m->key.len, NULL, NULL, &why) : 0;
	if (has < 0)
		diag_die(STATUS_BAD, "%s: %s", m->path, why.text);
	return has > 0;
}

static void
filter(struct missing *m)
{
	const char *line;
	size_t len;
	while (lines_next(&m->lines, &line, &len)) {
		if (group_is_blank(line, len))
			continue;
		progress_add(&m->progress, 1, len + 1);
		if (is_stored(m, line, len))
			continue;
		m->passed++;
		buf_add(&m->out.pending, line, len);
		output_line(&m->out);
	}
	/* Also if the input failed: the lines before are complete, and the status says that more
	 * were to come. */
	output_finish(&m->out);
}

int
main(int argc, char **argv)
{
	static struct missing m;
	struct error absent;
	const struct option_row rows[] = {
	    {'q', "quiet", NULL, "show no progress and no warnings about DB", .flag = &m.quiet},
	    {'v', "verbose", NULL, "print a summary, and progress every 30 s", .flag = &m.verbose},
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, NULL, argc, argv);
	check_operands(argv, operands, "DB");
	m.path = options_operand(operands, "DB");
	/* Before the database is opened: a command that waits at a terminal should say for what. */
	require_stdin_not_tty("group lines", "rsenc-scan");
	m.store = database_open(m.path, m.quiet, &absent);
	/* A mistyped path would have every patch packed again. */
	if (!m.store && !m.quiet)
		diag_warn("%s: %s: printing every group line", m.path, absent.text);
	lines_start(&m.lines, NULL, NULL);
	progress_start(&m.progress, "comparing", 0, PROGRESS_STREAM, m.quiet, m.verbose);
	filter(&m);
	progress_finish(&m.progress);
	if (m.verbose)
		diag_warn("%s: printed %" PRIu64 " of %" PRIu64 " group line%s", m.path, m.passed,
		    m.progress.count, m.progress.count == 1 ? "" : "s");
	store_close(m.store);
	return diag_close_stdout();
}
