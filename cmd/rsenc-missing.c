/* rsenc-missing: passes on the group lines whose key a database does not hold yet. */

#include "base/buf.h"
#include "base/stop.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "store/reader.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/output.h"

#include <getopt.h>
#include <inttypes.h>
#include <unistd.h>

static const char help[] =
    "usage: rsenc-missing [-qv] DB\n"
    "Passes on those group lines (stdin) whose key the LMDB database DB does not hold yet; all if\n"
    "there is no DB.\n"
    "\n"
    "  -q, --quiet    no meter, no warning that the database is incomplete\n"
    "  -v, --verbose  say how many were passed, and a line of progress every 30 s\n"
    "  -h, --help     this text\n"
    "  -V, --version  the version\n";

static const struct option long_options[] = {
    DIAG_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct missing {
	const char *path;
	bool quiet, verbose;
	struct store *store; /* NULL: there is none, everything is missing */
	struct lines lines;
	struct buf key;
	struct output out;
	struct meter meter; /* counts lines */
	uint64_t passed;
	int status;
};

static void
open_store(struct missing *m)
{
	struct error why;
	diag_catch_bus(m->path);
	int status = store_open(m->path, &m->store, &why);
	if (status < 0)
		diag_die(STATUS_BAD, "%s: %s", m->path, why.text);
	confine(NULL);
	if (status > 0 && m->verbose)
		diag_warn("%s: %s: every group is missing", m->path, why.text);
	if (m->store && store_warning(m->store) && !m->quiet)
		diag_warn("%s: %s", m->path, store_warning(m->store));
}

/* A line without a key is passed on too: it is named again where it can't be packed, and whether
 * that ends the run is decided there. */
static bool
is_missing(struct missing *m, const char *line, size_t len)
{
	struct error why;
	m->key.len = 0;
	if (group_key(line, len, &m->key, &why) != 0) {
		diag_warn("line %lu: %s", m->lines.number, why.text);
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
		if (output_add(&m->out, line, len, &why) != 0 || output_line(&m->out, &why) != 0)
			diag_die(STATUS_BAD, "%s", why.text);
	}
	if (got < 0) {
		diag_warn("standard input: %s", why.text);
		m->status = STATUS_BAD;
	}
	if (output_finish(&m->out, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
}

int
main(int argc, char **argv)
{
	struct missing m = {.path = NULL};
	int option;
	diag_start(argv[0]);
	while ((option = getopt_long(argc, argv, "qvhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'q':
			m.quiet = true;
			break;
		case 'v':
			m.verbose = true;
			break;
		default:
			diag_common_option(option, help);
		}
	}
	if (optind == argc)
		diag_usage("which database? It is missing");
	if (argc - optind > 1)
		diag_usage("one database, not '%s' too", argv[optind + 1]);
	diag_need_input("group lines", "rsenc-scan");
	m.path = argv[optind];
	stop_catch();
	open_store(&m);
	lines_start(&m.lines, NULL, STDIN_FILENO);
	bool quiet = m.quiet || isatty(STDOUT_FILENO) || (output_is_piped() && !m.verbose);
	meter_start(&m.meter, "groups", 0, quiet, m.verbose);
	filter(&m);
	meter_finish(&m.meter);
	if (stop_signal()) {
		diag_warn("stopped by signal %d: the list is incomplete", stop_signal());
		m.status = 128 + stop_signal();
	} else if (m.verbose) {
		diag_warn("%s: passed %" PRIu64 " of %" PRIu64 " groups", m.path, m.passed,
		    m.meter.count);
	}
	lines_finish(&m.lines);
	buf_free(&m.key);
	store_close(m.store);
	diag_close_stdout();
	return m.status;
}
