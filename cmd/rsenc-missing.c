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

static const char usage[] =
    "usage: rsenc-missing [-qv] DB\n"
    "Passes on those group lines (stdin) whose key the LMDB database DB does not hold yet; all if\n"
    "there is no DB.\n";

struct missing {
	const char *path;
	bool quiet, verbose;
	struct store *store; /* NULL: there is none, everything is missing */
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
	if (!m->store)
		return true;
	int has = store_has(m->store, m->key.data, m->key.len, &why);
	if (has < 0)
		diag_die(STATUS_BAD, "%s: %s", m->path, why.text);
	return !has;
}

static void
filter(struct missing *m)
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
summarise(struct missing *m)
{
	if (m->bad > 1)
		diag_warn("lines that are no group lines: %" PRIu64 ", the first was told", m->bad);
	if (stop_signal()) {
		diag_warn("stopped by signal %d: the list is incomplete", stop_signal());
		m->status = 128 + stop_signal();
	} else if (m->verbose) {
		diag_warn("%s: passed %" PRIu64 " of %" PRIu64 " groups", m->path, m->passed,
		    m->meter.count);
	}
}

static void
run(struct missing *m)
{
	struct error absent;
	m->store = database_open(m->path, m->quiet, &absent);
	if (!m->store && m->verbose)
		diag_warn("%s: %s: every group is missing", m->path, absent.text);
	lines_start(&m->lines, NULL, STDIN_FILENO);
	meter_start(&m->meter, "comparing", 0, METER_STREAM, m->quiet, m->verbose);
	filter(m);
	meter_finish(&m->meter);
	summarise(m);
	lines_finish(&m->lines);
	buf_free(&m->key);
	store_close(m->store);
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
	struct missing m = {.path = NULL};
	diag_start(argv[0]);
	m.path = options_operand(read_options(&m, argc, argv), "database");
	diag_need_input("group lines", "rsenc-scan");
	stop_catch();
	run(&m);
	diag_close_stdout();
	return m.status;
}
