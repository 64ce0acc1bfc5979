/* rsenc-load: a record stream to an LMDB database. */

#include "base/heap.h"
#include "base/stop.h"
#include "cmd/hints.h"
#include "load/load.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "store/recover.h"
#include "store/target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-load [-fsSqv] [-b SIZE] [-n TOTAL] DB\n"
    "       rsenc-load --check | --recover [-S] DB\n"
    "Stores a record stream (stdin; rsenc-pack -r writes it) in the LMDB database DB, a directory\n"
    "that is made if it is missing.\n";

struct job {
	const char *path;
	struct load_options options;
	bool check, recover, quiet, verbose;
	uint64_t total;
	struct load load;
	struct meter meter;
};

/* ---- messages ---- */

static int
complain(const char *item, struct error *why)
{
	diag_warn("%s: %s", item, hint_text(why));
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
		meter_add(&j->meter, l->stored + l->skipped - j->meter.count, l->bytes - before);
		before = l->bytes;
	}
	if (status == LOAD_END) {
		/* The last records came long before a disk has taken them. */
		meter_phase(&j->meter, "syncing to disk");
		status = load_finish(l, &why) == 0 ? LOAD_END : LOAD_BAD;
	}
	if (status == LOAD_BAD)
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

/* After a long run somebody watched, or who asked for it. */
static void
summarise(const struct job *j)
{
	char bytes[METER_BYTES];
	double seconds = meter_seconds(&j->meter);
	meter_bytes(j->load.bytes, bytes);
	diag_warn("%s: %" PRIu64 " patches stored, %" PRIu64 " skipped, %s, %.1f s, %.0f patches/s",
	    j->path, j->load.stored, j->load.skipped, bytes, seconds,
	    seconds > 0 ? (double)j->load.stored / seconds : 0.0);
}

/* After a loss of power, or on another machine. */
static int
recover(const struct job *j)
{
	struct error why;
	uint64_t records;
	int back = store_recover(j->path, j->options.store.single, &records, &why);
	if (back < 0)
		return complain(j->path, &why);
	if (back > 0)
		diag_warn("%s: taken back to the %" PRIu64
		          " records that had reached the disk when its load was interrupted",
		    j->path, records);
	return 0;
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
	if (recover(j) != 0)
		return STATUS_BAD;
	if (j->recover)
		return STATUS_OK;
	if (load_start(&j->load, j->path, &j->options, STDIN_FILENO, "standard input") != 0)
		diag_die(STATUS_BAD, "out of memory");
	meter_start(&j->meter, "loading", j->total, METER_ALONE, j->quiet, j->verbose);
	int failed = load_all(j);
	meter_finish(&j->meter);
	if (failed)
		abandon(j);
	else if (j->verbose || j->meter.drawn)
		summarise(j);
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

static char **
read_options(struct job *j, int argc, char **argv)
{
	struct load_options *o = &j->options;
	const struct option_row rows[] = {
	    {'f', "replace", NULL, "replace keys that are there (an error by default)",
	        .flag = &o->replace},
	    {'s', "skip", NULL, "skip keys that are there", .flag = &o->skip},
	    {'S', "single-file", NULL, "DB is a single file", .flag = &o->store.single},
	    {'b', "batch", "SIZE", "commit after so many bytes of values (1M)",
	        .size = &o->store.batch, .min = 1, .max = UINT64_C(1) << 30},
	    {0, "sync", NULL, "sync each batch to disk also while DB is new",
	        .flag = &o->store.sync},
	    {0, "check", NULL, "only say whether DB can be loaded into, and change nothing",
	        .flag = &j->check},
	    {0, "recover", NULL, "only take DB back to what had reached the disk, after a reboot",
	        .flag = &j->recover},
	    {'n', "total", "N", "the number of records to come: the meter tells the time left",
	        .number = &j->total, .max = UINT64_MAX},
	    {'q', "quiet", NULL, "no meter", .flag = &j->quiet},
	    {'v', "verbose", NULL, "a summary, and a line of progress every 30 s",
	        .flag = &j->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, j, argc, argv);
}

int
main(int argc, char **argv)
{
	struct job j = {.options.store.batch = UINT64_C(1) << 20};
	diag_start(argv[0]);
	char **operands = read_options(&j, argc, argv);
	if (j.options.replace && j.options.skip)
		diag_usage("-f and -s can't be used together");
	j.path = options_operand(operands, "database");
	if (!j.check && !j.recover)
		diag_need_input("records", "rsenc-pack -r");
	heap_keep();
	stop_catch();
	diag_catch_bus(j.path);
	confine_load(&j);
	return run(&j);
}
