/* rsenc-load: a record stream to an LMDB database. */

#include "base/path.h"
#include "base/signals.h"
#include "cmd/operands.h"
#include "load/load.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "store/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-load [-sqv] [--replace] [--single-file] [-b SIZE] [--expect=N]\n"
    "                  [--sync] [--about=N] [--takeover] DB [FILE...]\n"
    "       rsenc-load --check | --recover [--takeover] [--single-file] DB\n"
    "Stores record streams (files, or stdin; rsenc-pack -r writes them) in the LMDB database DB,\n"
    "a directory that is created if it does not exist.\n";

struct job {
	const char *path;
	char **files; /* none: standard input */
	struct writer_options options;
	bool recover, quiet, verbose;
	bool made;       /* the directory, which goes again if nothing is stored */
	uint64_t expect; /* patches: exactly, or NOT_EXPECTED */
	uint64_t about;  /* patches, for the progress, or 0 */
	struct load load;
	struct progress progress;
	bool unopened;          /* the database could not be opened, and that was reported */
	struct error truncated; /* the command that wrote standard input failed; "": it did not */
};

/* ---- messages ---- */

/* Reports one bad thing, with its remedy. Returns -1, for who fails by it. */
static int
complain(const struct error *why)
{
	diag_warn("%s", why->text);
	return -1;
}

/* After a loss of power, or on another machine. */
static void
report_recovered(const char *path, const struct writer_report *r)
{
	if (r->recovered)
		diag_warn("%s: returned to the last checkpoint of the interrupted load: %" PRIu64
		          " %s",
		    path, r->found, progress_patches(r->found));
}

/* --check and --recover: opening the database is all that is asked for. */
static int
load_nothing(const struct job *j)
{
	struct writer *w;
	struct error why;
	struct writer_report report;
	int status = writer_open(j->path, &j->options, &report, &w, &why);
	if (status == 0)
		status = writer_end(w, false, &why);
	report_recovered(j->path, &report);
	if (status != 0)
		diag_warn("%s: %s", j->path, why.text);
	return status;
}

/* Returns 0, 1 after more records than expected: then everything is stored, and more; -1 after a
 * failure, which was reported. */
static int
load_all(struct job *j)
{
	struct load *l = &j->load;
	struct error why;
	enum load_status status;
	while ((status = load_next(l, &why)) == LOAD_OK || status == LOAD_BAD_FILE) {
		/* Complete records of a bad file are kept, and the next files are read; but the
		 * load does not end well, and the database stays marked as incomplete. */
		if (status == LOAD_BAD_FILE) {
			/* The command before has reported why it failed: one line is enough. */
			if (why.kind == ERROR_TRUNCATED && !*j->files)
				error_set(&j->truncated, "%s: ", why.text);
			else
				complain(&why);
			continue;
		}
		progress_add(&j->progress, 1, l->bytes - j->progress.bytes);
	}
	j->unopened = status == LOAD_BAD && !l->writer && !signals_received();
	if (status == LOAD_BAD)
		return complain(&why);
	/* A database with too few patches counts as incomplete. */
	return status != LOAD_END || l->bad
	           ? -1
	           : progress_expected(&j->progress, j->path, "read", j->expect);
}

/* "to resume, run 'COMMAND'"; or "to resume, $RSENC_RESUME" if that is set: the user of
 * rs-tensor-encoder does not know rsenc-load. After --replace the keys that were not reached keep
 * their old values, so -s would not do. */
static void
add_hint(const struct job *j, struct buf *text)
{
	if (run_by_wrapper()) {
		buf_addf(text, "; to resume, %s", getenv("RSENC_RESUME"));
		return;
	}
	buf_addf(text, "; to resume, run 'rsenc-load %s%s", j->options.replace ? "--replace" : "-s",
	    j->options.single ? " --single-file" : "");
	shell_quote(text, j->path);
	buf_addf(text, "' with the same input");
	if (j->options.replace)
		buf_addf(text, " (keys that were not reached keep their old values)");
	else if (j->truncated.text[0])
		buf_addf(text, " (if an archive was damaged, use --replace instead of -s: the "
		               "patches stored from the archive may be wrong)");
}

/* The last line: the cause, how many patches are kept, and how to resume. What may be lost is not
 * reported as kept. */
static void
report_end(const struct job *j)
{
	const struct writer_report *left = &j->load.report;
	struct buf text = {0};
	int signal = signals_received();
	/* rs-tensor-encoder reports how many patches are stored. */
	if (left->lost || (*j->truncated.text && run_by_wrapper() && !signal))
		return;
	buf_addf(&text, "%s", j->truncated.text);
	if (signal)
		buf_addf(&text, "stopped by signal %d: ", signal);
	if (left->kept > 0)
		buf_addf(&text, "%" PRIu64 " %s stored", left->kept, progress_patches(left->kept));
	else
		buf_addf(&text, "nothing was stored");
	/* If nothing was stored, the same command resumes. The user who stops a wrapper sees only
	 * this line. */
	if (left->kept > 0 || (signal && run_by_wrapper()))
		add_hint(j, &text);
	diag_warn("%s: %.*s", j->path, (int)text.len, text.data);
	buf_free(&text);
}

/* After a long run that somebody watched, or who asked for it. */
static void
summarise(const struct job *j)
{
	char bytes[PROGRESS_BYTES];
	uint64_t skipped = j->load.report.skipped, stored = j->load.records - skipped;
	progress_bytes(j->load.bytes, bytes);
	diag_warn("%s: %" PRIu64 " %s stored, %" PRIu64 " skipped, %s", j->path, stored,
	    progress_patches(stored), skipped, bytes);
}

static int
load_run(struct job *j)
{
	struct error why;
	uint64_t about = j->about > 0 ? j->about : j->expect;
	progress_start(&j->progress, "loading", about, PROGRESS_ALONE, j->quiet, j->verbose);
	if (j->options.check || j->recover)
		return load_nothing(j) == 0 ? STATUS_OK : STATUS_BAD;
	if (!j->quiet && place_network(j->path, j->options.single, &why))
		diag_warn("%s: %s", j->path, why.text);
	load_start(&j->load, j->path, &j->options, j->files);
	int status = load_all(j);
	/* The last records came long before a disk has taken them. */
	if (status >= 0)
		progress_phase(&j->progress, "syncing to disk");
	if (load_end(&j->load, status >= 0, &why) != 0)
		status = complain(&why);
	/* The progress is wiped before the lines that say how it ended. */
	progress_finish(&j->progress);
	report_recovered(j->path, &j->load.report);
	if (status < 0 && !j->unopened)
		report_end(j);
	if (status >= 0 && (j->verbose || (j->progress.drawn && !run_by_wrapper())))
		summarise(j);
	if (status == 0)
		return STATUS_OK;
	return status < 0 && signals_received() ? 128 + signals_received() : STATUS_BAD;
}

/* Before the first byte of the stream is looked at. The directory is made while there are rights
 * to; that of removing it, when it is empty, is left. A database whose files are links may be
 * anywhere. Returns 0, or -1 if there can be no database, which was reported. */
static int
confine_load(struct job *j)
{
	struct error why;
	char *root;
	int made = place_prepare(j->path, j->options.single, j->options.check, &root, &why);
	if (made < 0) {
		error_prefix(&why, "%s", j->path);
		return complain(&why);
	}
	j->made = made > 0;
	sandbox_enter(root);
	free(root);
	return 0;
}

static char **
read_options(struct job *j, int argc, char **argv)
{
	struct writer_options *o = &j->options;
	const struct option_row rows[] = {
	    {'s', "skip", NULL, "skip keys that are stored already (an error by default)",
	        .flag = &o->skip},
	    {0, "replace", NULL, "replace the values of such keys", .flag = &o->replace},
	    {0, "single-file", NULL, "DB is a single file", .flag = &o->single},
	    {'b', "batch", "SIZE", "commit after so many bytes of values (1M)", .size = &o->batch,
	        .min = 1, .max = UINT64_C(1) << 30},
	    {0, "sync", NULL, "sync each batch to disk also while DB is new", .flag = &o->sync},
	    {0, "check", NULL, "only report whether DB can be loaded into, and change nothing",
	        .flag = &o->check},
	    {0, "recover", NULL, "only return DB to its last checkpoint, after a loss of power",
	        .flag = &j->recover},
	    {0, "takeover", NULL, "end the claim of a load on another machine that is dead",
	        .flag = &o->takeover},
	    {0, "expect", "N", "fail unless N patches are read", .number = &j->expect,
	        .max = NOT_EXPECTED - 1},
	    {0, "about", "N", "the number of patches, only to estimate the time left",
	        .number = &j->about, .max = UINT64_MAX},
	    {'q', "quiet", NULL, "show no progress", .flag = &j->quiet},
	    {'v', "verbose", NULL, "a summary, and a line of progress every 30 s",
	        .flag = &j->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, j, argc, argv);
}

int
main(int argc, char **argv)
{
	static struct job j = {.options = {.batch = 1 << 20}, .expect = NOT_EXPECTED};
	char **operands = read_options(&j, argc, argv);
	if (j.options.replace && j.options.skip)
		diag_usage("--replace cannot be combined with -s");
	/* With --check and --recover nothing is read: one operand. Else files may follow it. */
	if (j.options.check || j.recover)
		options_operand(operands, "DB");
	else
		check_operands(argv, operands, "DB");
	j.path = *operands;
	j.files = operands + 1;
	if (!j.options.check && !j.recover && !*j.files)
		require_stdin_not_tty("records", "rsenc-pack -r");
	signals_catch();
	install_page_handler(j.path, &j.load.report.kept);
	if (confine_load(&j) != 0)
		return STATUS_BAD;
	int status = load_run(&j);
	if (j.made)
		rmdir(j.path);
	return status;
}
