/* rsenc-load: a record stream to an LMDB database. */

#include "base/heap.h"
#include "base/stop.h"
#include "load/load.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "store/target.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: rsenc-load [-fsSqv] [-b SIZE] [-n TOTAL] DB\n"
    "       rsenc-load --check [-S] DB\n"
    "Stores a record stream (stdin; rsenc-pack -r writes it) in the LMDB database DB, a directory\n"
    "that is made if it is missing.\n"
    "\n"
    "  -f, --replace      replace keys that are there (an error by default)\n"
    "  -s, --skip         skip keys that are there\n"
    "  -S, --single-file  DB is a single file\n"
    "  -b, --batch=SIZE   commit after so many bytes of values (1M)\n"
    "      --sync         sync each batch to disk also while DB is new\n"
    "      --check        only say whether DB can be loaded into, and change nothing\n"
    "  -n, --total=N      the number of records to come: the meter tells the time left\n"
    "  -q, --quiet        no meter\n"
    "  -v, --verbose      a summary, and a line of progress every 30 s\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

enum { OPTION_SYNC = 256, OPTION_CHECK };

static const struct option long_options[] = {
    {"replace", no_argument, NULL, 'f'},
    {"skip", no_argument, NULL, 's'},
    {"single-file", no_argument, NULL, 'S'},
    {"batch", required_argument, NULL, 'b'},
    {"sync", no_argument, NULL, OPTION_SYNC},
    {"total", required_argument, NULL, 'n'},
    {"check", no_argument, NULL, OPTION_CHECK},
    DIAG_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct job {
	const char *path;
	struct load_options options;
	bool check, quiet, verbose;
	uint64_t total;
	struct load load;
	struct meter meter;
};

/* ---- messages ---- */

static int
complain(const char *item, const struct error *why)
{
	diag_warn("%s: %s", item, why->text);
	return -1;
}

static void
tell_kept(const struct job *j, uint64_t kept)
{
	if (kept == 0) {
		diag_warn("%s: nothing was stored", j->path);
		return;
	}
	const char *single = j->options.store.single ? "-S " : "";
	diag_warn("%s: records stored and kept: %" PRIu64 ". To go on: "
	          "rsenc-scan ... | rsenc-missing %s | rsenc-pack -r | rsenc-load %s%s, "
	          "or the same input again with rsenc-load -s %s%s",
	    j->path, kept, j->path, single, j->path, single, j->path);
}

/* ---- the run ---- */

static int
load_all(struct job *j)
{
	struct load *l = &j->load;
	struct error why;
	enum load_status status;
	uint64_t before = 0;
	while ((status = load_next(l, &why)) == LOAD_OK) {
		meter_add(&j->meter, l->stored - j->meter.count, l->bytes - before);
		before = l->bytes;
	}
	if (status == LOAD_BAD || (status == LOAD_END && load_finish(l, &why) != 0))
		return complain(load_item(l), &why);
	return status == LOAD_END ? 0 : -1;
}

/* After a failure or a request to stop: keeps what is whole. */
static void
abandon(struct job *j)
{
	struct error why;
	struct writer_left left;
	if (stop_signal())
		diag_warn("stopped by signal %d", stop_signal());
	if (load_abandon(&j->load, &left, &why) != 0)
		complain(load_item(&j->load), &why);
	if (!left.lost)
		tell_kept(j, left.kept);
}

static int
run(struct job *j)
{
	struct error why;
	if (target_check(j->path, j->options.store.single, &why) != 0) {
		complain(j->path, &why);
		return STATUS_BAD;
	}
	if (j->check)
		return STATUS_OK;
	if (load_start(&j->load, j->path, &j->options, STDIN_FILENO, "standard input") != 0)
		diag_die(STATUS_BAD, "out of memory");
	meter_start(&j->meter, "records", j->total, j->quiet, j->verbose);
	int failed = load_all(j);
	meter_finish(&j->meter);
	if (failed)
		abandon(j);
	else if (j->verbose)
		diag_warn("%s: %" PRIu64 " records stored, %" PRIu64 " skipped, %" PRIu64
		          " bytes, %.1f s",
		    j->path, j->load.stored, j->load.skipped, j->load.bytes,
		    meter_seconds(&j->meter));
	load_free(&j->load);
	if (failed)
		return stop_signal() ? 128 + stop_signal() : STATUS_BAD;
	return STATUS_OK;
}

/* Before the first byte of the stream is looked at. A database whose files are links may be
 * anywhere. */
static void
confine_load(const struct job *j)
{
	char *root = target_root(j->path, j->options.store.single);
	confine(root ? root : "/");
	free(root);
}

static void
set_option(struct job *j, int option, const char *value)
{
	switch (option) {
	case 'f':
		j->options.replace = true;
		break;
	case 's':
		j->options.skip = true;
		break;
	case 'S':
		j->options.store.single = true;
		break;
	case 'b':
		j->options.store.batch = diag_size("-b", value, 1, UINT64_C(1) << 30);
		break;
	case OPTION_SYNC:
		j->options.store.sync = true;
		break;
	case OPTION_CHECK:
		j->check = true;
		break;
	case 'n':
		j->total = diag_number("-n", value, 0, UINT64_MAX);
		break;
	case 'q':
		j->quiet = true;
		break;
	case 'v':
		j->verbose = true;
		break;
	default:
		diag_common_option(option, help);
	}
}

int
main(int argc, char **argv)
{
	struct job j = {.options.store.batch = UINT64_C(1) << 20};
	int option;
	diag_start(argv[0]);
	while ((option = getopt_long(argc, argv, "fsSb:n:qvhV", long_options, NULL)) != -1)
		set_option(&j, option, optarg);
	if (j.options.replace && j.options.skip)
		diag_usage("-f and -s can't be used together");
	if (optind == argc)
		diag_usage("which database? It is missing");
	if (argc - optind > 1)
		diag_usage("one database, not '%s' too", argv[optind + 1]);
	if (!j.check)
		diag_need_input("records", "rsenc-pack -r");
	j.path = argv[optind];
	heap_keep();
	stop_catch();
	diag_catch_bus(j.path);
	confine_load(&j);
	return run(&j);
}
