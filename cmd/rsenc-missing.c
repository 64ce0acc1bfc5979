/* rsenc-missing: passes on the group lines whose key a database does not hold yet. */

#include "base/buf.h"
#include "base/stop.h"
#include "cmd/database.h"
#include "cmd/hints.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/output.h"

#include <inttypes.h>
#include <unistd.h>

static const char usage[] = "usage: rsenc-missing [-qv] DB...\n"
                            "Passes on those group lines (stdin) whose key no LMDB database DB, or "
                            "record file, holds yet; all\n"
                            "if there is no DB.\n";

struct missing {
	char **paths;
	bool quiet, verbose;
	struct several *several;
	struct lines lines;
	struct buf key;
	struct output out;
	struct meter meter;   /* counts lines */
	uint64_t passed, bad; /* lines passed on, lines without a key */
	int status;
};

/* A line without a key is passed on too: it is named again where it can't be packed, and whether
 * that ends the run is decided there. Here the first one is told, and how many there were: a list of
 * paths has nothing else. What is no text at all ends the run. */
static bool
is_missing(struct missing *m, const char *line, size_t len)
{
	struct error why;
	m->key.len = 0;
	if (group_key(line, len, &m->key, &why) != 0) {
		if (why.hint == HINT_NOT_GROUP)
			diag_die(STATUS_BAD, "standard input: %s", hint_text(&why));
		if (m->bad++ == 0)
			diag_warn("line %lu: %s", m->lines.number, hint_text(&why));
		m->status = STATUS_BAD;
		return true;
	}
	int has = several_has(m->several, m->key.data, m->key.len, &why);
	if (has < 0)
		diag_die(STATUS_BAD, "%s: %s", several_path(m->several), why.text);
	return !has;
}

static void
missing_filter(struct missing *m)
{
	const char *line;
	size_t len;
	struct error why;
	int got;
	while ((got = lines_next(&m->lines, &line, &len, &why)) > 0) {
		if (group_is_blank(line, len))
			continue;
		meter_add(&m->meter, 1, len + 1);
		if (!is_missing(m, line, len))
			continue;
		m->passed++;
		diag_check_output(output_add(&m->out, line, len, &why), &why);
		diag_check_output(output_line(&m->out, &why), &why);
	}
	if (got < 0) {
		diag_warn("standard input: %s", why.text);
		m->status = STATUS_BAD;
	}
	diag_check_output(output_finish(&m->out, &why), &why);
}

/* Says what came of it. */
static void
missing_summarise(struct missing *m)
{
	if (m->bad > 1)
		diag_warn("lines that are no group lines: %" PRIu64 ", the first was told", m->bad);
	if (stop_signal()) {
		diag_warn("stopped by signal %d: the list is incomplete", stop_signal());
		m->status = 128 + stop_signal();
	} else if (m->verbose) {
		diag_warn("%s%s: passed %" PRIu64 " of %" PRIu64 " groups", m->paths[0],
		    m->paths[1] ? " and others" : "", m->passed, m->meter.count);
	}
}

static void
tell_absent(const char *path, const struct error *why)
{
	diag_warn("%s: %s: every group is missing there", path, why->text);
}

/* Before the first load of all there is no database, as everybody knows. */
static void
ignore_absent(const char *path, const struct error *why)
{
	(void)path;
	(void)why;
}

static void
missing_run(struct missing *m)
{
	size_t count = 0;
	while (m->paths[count])
		count++;
	m->several = databases_open(
	    m->paths, count, m->quiet, m->verbose ? tell_absent : ignore_absent);
	lines_start(&m->lines, NULL, STDIN_FILENO);
	meter_start(&m->meter, "comparing", 0, METER_STREAM, m->quiet, m->verbose);
	missing_filter(m);
	meter_finish(&m->meter);
	missing_summarise(m);
	lines_finish(&m->lines);
	buf_free(&m->key);
	several_close(m->several);
}

static char **
read_options(struct missing *m, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'q', "quiet", NULL, "no meter, no warning that the database is incomplete",
	        .flag = &m->quiet},
	    {'v', "verbose", NULL, "say how many were passed, and a line of progress every 30 s",
	        .flag = &m->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, m, argc, argv);
}

int
main(int argc, char **argv)
{
	struct missing m = {.paths = NULL};
	diag_start(argv[0]);
	m.paths = read_options(&m, argc, argv);
	if (!*m.paths)
		options_operand(m.paths, "database");
	diag_need_input("group lines", "rsenc-scan");
	stop_catch();
	missing_run(&m);
	diag_close_stdout();
	return m.status;
}
