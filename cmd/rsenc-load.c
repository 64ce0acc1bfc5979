/* rsenc-load: a record stream to an LMDB database. */

#include "base/system.h"
#include "base/signals.h"
#include "cmd/resume_hint.h"
#include "cmd/operands.h"
#include "load/load.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "store/recover.h"
#include "store/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: rsenc-load [-fsSqv] [-b SIZE] [-n TOTAL] [--sync] [--about=N]\n"
                            "                  [--source-fd=FD] DB [FILE...]\n"
                            "       rsenc-load --check | --recover [-S] DB\n"
                            "Stores record streams (files, or stdin; rsenc-pack -r writes them) in "
                            "the LMDB database DB, a\n"
                            "directory that is made if it is missing.\n";

#define BATCH (UINT64_C(1) << 20)

struct job {
	const char *path;
	char **files; /* none: standard input */
	struct writer_options options;
	bool check, recover, quiet, verbose;
	uint64_t total, about; /* patches to come: exactly, and for the meter */
	uint64_t source;       /* a file descriptor, or 0: see progress_source */
	struct load load;
	struct progress meter;
	bool bad_input;         /* and it was reported */
	struct error truncated; /* the command that wrote standard input failed; "": it did not */
};

/* ---- messages ---- */

/* One bad thing, with its mend. Returns -1, for who fails by it. */
static int
complain(const char *item, struct error *why)
{
	diag_warn("%s: %s", item, why->text);
	return -1;
}

/* The last line of a load that failed: what it kept, and how to resume it. */
static void
report_kept(const struct job *j, uint64_t kept)
{
	const struct resume_hint r = {
	    j->path, &j->options, BATCH, j->total, j->files, j->bad_input};
	struct buf line = {0};
	char text[64];
	if (j->truncated.text[0])
		buf_add(&line, j->truncated.text, strlen(j->truncated.text));
	/* The signal that a wrapper sends need not be the one that it got. */
	if (signals_received() && run_by_wrapper())
		snprintf(text, sizeof text, "stopped: ");
	else if (signals_received())
		snprintf(text, sizeof text, "stopped by signal %d: ", signals_received());
	else
		*text = '\0';
	buf_add(&line, text, strlen(text));
	if (kept == 0)
		snprintf(text, sizeof text, "nothing was stored");
	else
		snprintf(text, sizeof text, "%" PRIu64 " %s stored", kept, progress_patches(kept));
	buf_add(&line, text, strlen(text));
	/* If nothing was stored, the same command resumes. The user of a wrapper sees only this line
	 * when he stops it. */
	if (kept > 0 || (signals_received() && run_by_wrapper())) {
		buf_add(&line, "; ", 2);
		resume_hint(&r, &line);
	}
	diag_warn("%s: %.*s", j->path, (int)line.len, line.data);
	buf_free(&line);
}

/* ---- another program writes to the database: told by a thread of the writer ---- */

/* The writer's thread has no context to give. */
static const struct job *waiting_job;

static void
tell_waiting(const char *path)
{
	diag_warn("%s: waiting for another program that is writing to it", path);
}

static void
stop_waiting(const char *path, uint64_t kept)
{
	(void)path;
	report_kept(waiting_job, kept);
	/* Not exit(3): the main thread waits inside LMDB, for a mutex that no signal wakes. */
	_exit(128 + signals_received());
}

static const struct writer_waits waits = {tell_waiting, stop_waiting};

/* ---- the run ---- */

/* Fewer records than announced: of parallel writers one may have died, and none has noticed. */
static int
check_total(struct job *j, bool more)
{
	uint64_t came = j->load.stored + j->load.skipped;
	if (j->total == 0 || (more ? came <= j->total : came >= j->total))
		return 0;
	diag_warn("%s: %" PRIu64 " patches came, %s than the %" PRIu64 " of -n%s", j->path, came,
	    more ? "more" : "fewer", j->total,
	    more ? "; all of them are stored" : ": did a command before it fail?");
	return -1;
}

static int
load_all(struct job *j)
{
	struct load *l = &j->load;
	struct error why;
	enum load_status status;
	uint64_t before = 0;
	while ((status = load_next(l, &why)) == LOAD_OK || status == LOAD_BAD_FILE) {
		/* Whole records of a bad file are kept, and the next files are read; but the load
		 * does not end well, and the database stays marked as incomplete. */
		if (status == LOAD_BAD_FILE) {
			j->bad_input = true;
			/* The command before has reported why it failed: one line is enough. */
			if (error_is(&why, ERROR_TRUNCATED) && !*j->files)
				error_set(&j->truncated, "%s: %s: ", load_item(l), why.text);
			else
				complain(load_item(l), &why);
			continue;
		}
		progress_add(&j->meter, l->stored + l->skipped - j->meter.count, l->bytes - before);
		before = l->bytes;
	}
	/* Before the load is finished, so that a database with too few patches counts as
	 * incomplete. Too many are looked at later: then all is there, and more. */
	if (status == LOAD_END && (j->bad_input || check_total(j, false) != 0))
		return -1;
	if (status == LOAD_END) {
		/* The last records came long before a disk has taken them. */
		progress_phase(&j->meter, "syncing to disk");
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
	if (load_abandon(&j->load, &left, &why) != 0)
		complain(load_item(&j->load), &why);
	/* What is lost is not told as kept. */
	if (!left.lost)
		report_kept(j, left.kept);
}

/* After a long run somebody watched, or who asked for it. */
static void
summarise(const struct job *j)
{
	char bytes[PROGRESS_BYTES];
	double seconds = progress_seconds(&j->meter);
	progress_bytes(j->load.bytes, bytes);
	diag_warn("%s: %" PRIu64 " %s stored, %" PRIu64 " skipped, %s, %.1f s, %.0f patches/s",
	    j->path, j->load.stored, progress_patches(j->load.stored), j->load.skipped, bytes,
	    seconds, seconds > 0 ? (double)j->load.stored / seconds : 0.0);
}

/* After a loss of power, or on another machine. */
static int
recover(const struct job *j)
{
	struct error why;
	uint64_t records;
	int back = store_recover(j->path, j->options.single, &records, &why);
	if (back < 0)
		return complain(j->path, &why);
	if (back > 0)
		diag_warn("%s: taken back to the %" PRIu64
		          " patches that had reached the disk when its load was interrupted",
		    j->path, records);
	return 0;
}

static int
load_run(struct job *j)
{
	struct error why;
	progress_start(&j->meter, "loading", j->about > 0 ? j->about : j->total, PROGRESS_ALONE,
	    j->quiet, j->verbose);
	if (j->source > 0 && progress_source(&j->meter, (int)j->source) != 0)
		diag_usage("--source-fd: no regular file is open as %" PRIu64, j->source);
	/* Looks first and changes nothing; then takes back what a loss of power has torn, which
	 * writes; then reads the input. A place that can't be used is told before the work is
	 * done. */
	if (target_check(j->path, j->options.single, &why) != 0) {
		complain(j->path, &why);
		return STATUS_BAD;
	}
	if (j->check)
		return STATUS_OK;
	if (recover(j) != 0)
		return STATUS_BAD;
	if (j->recover)
		return STATUS_OK;
	load_start(&j->load, j->path, &j->options, j->files);
	int failed = load_all(j);
	/* The meter is wiped before the lines that say what came of it. */
	progress_finish(&j->meter);
	if (failed)
		abandon(j);
	else if (j->verbose || (j->meter.drawn && !run_by_wrapper()))
		summarise(j);
	load_free(&j->load);
	if (!failed && check_total(j, true) != 0)
		return STATUS_BAD;
	if (failed)
		return signals_received() ? 128 + signals_received() : STATUS_BAD;
	return STATUS_OK;
}

/* Before the first byte of the stream is looked at. A database whose files are links may be
 * anywhere. */
static void
confine_load(const struct job *j)
{
	char *root = target_root(j->path, j->options.single);
	sandbox_enter(root ? root : "/");
	free(root);
}

static char **
read_options(struct job *j, int argc, char **argv)
{
	struct writer_options *o = &j->options;
	const struct option_row rows[] = {
	    {'f', "replace", NULL, "replace keys that are there (an error by default)",
	        .flag = &o->replace},
	    {'s', "skip", NULL, "skip keys that are there", .flag = &o->skip},
	    {'S', "single-file", NULL, "DB is a single file", .flag = &o->single},
	    {'b', "batch", "SIZE", "commit after so many bytes of values (1M)", .size = &o->batch,
	        .min = 1, .max = UINT64_C(1) << 30},
	    {0, "sync", NULL, "sync each batch to disk also while DB is new", .flag = &o->sync},
	    {0, "check", NULL, "only say whether DB can be loaded into, and change nothing",
	        .flag = &j->check},
	    {0, "recover", NULL, "only take DB back to what had reached the disk, after a reboot",
	        .flag = &j->recover},
	    {'n', "total", "N",
	        "the number of patches to come: it is an error if fewer do, or more",
	        .number = &j->total, .max = UINT64_MAX},
	    {0, "about", "N", "the same for the meter alone, that tells the time left",
	        .number = &j->about, .max = UINT64_MAX},
	    {0, "source-fd", "FD",
	        "the meter tells how much was read of the file that is open as FD",
	        .number = &j->source, .min = 3, .max = 1023},
	    {'q', "quiet", NULL, "no meter", .flag = &j->quiet},
	    {'v', "verbose", NULL, "a summary, and a line of progress every 30 s",
	        .flag = &j->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, j, argc, argv);
}

int
main(int argc, char **argv)
{
	struct job j = {.options = {.batch = BATCH, .waits = &waits}};
	waiting_job = &j;
	diag_start(argv[0]);
	char **operands = read_options(&j, argc, argv);
	if (j.options.replace && j.options.skip)
		diag_usage("-f and -s can't be used together");
	/* With --check and --recover nothing is read: one operand. Else files may follow it. */
	if (j.check || j.recover || !*operands || !**operands)
		options_operand(operands, "database");
	else
		check_operands(operands);
	j.path = *operands;
	j.files = operands + 1;
	if (!j.check && !j.recover && !*j.files)
		require_stdin_not_tty("records", "rsenc-pack -r");
	malloc_tuning();
	signals_catch();
	/* The database is mapped: a disk that fails, or a file cut off meanwhile, is a line and not
	 * a death. */
	install_sigbus_handler(j.path);
	confine_load(&j);
	return load_run(&j);
}
