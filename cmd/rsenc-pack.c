/* rsenc-pack: the TIFF files of a patch to one safetensors blob, or many to a record stream. */

#include "base/cores.h"
#include "base/stop.h"
#include "base/workers.h"
#include "pack/blobfile.h"
#include "pack/patch.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/record.h"
#include "tiff/tiff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-pack [-qv] [-t LIST] [-S NAME=LIST]... [-A N] [-M SIZE] [LINE]\n"
    "       rsenc-pack -r [-kqv] [-j N] [...] [LINE...]\n"
    "       rsenc-pack -o DIR [-kqv] [-j N] [...] [LINE...]\n"
    "Reads the TIFF files of group lines (operands, or stdin) and writes safetensors.\n";

/* One group on its way from a line to a blob. */
struct job {
	struct buf line;
	unsigned long number; /* of the line */
	struct group group;
	struct buf blob;
	const char *path; /* at fault; belongs to the group */
	struct error why;
	bool bad;
};

struct pack {
	bool records, keep_going, quiet, verbose;
	const char *output; /* -o */
	unsigned jobs;
	struct names keep;    /* -t; none: all */
	struct stack *stacks; /* -S */
	size_t stack_count;
	struct patch_options options;
	struct lines lines;
	struct patch_reader **readers; /* one a worker */
	struct meter meter;
	uint64_t written;
	int status;
};

/* ---- the three steps of a job, called by ordered_run ---- */

/* The next line that is not blank. */
static bool
next_line(struct pack *p, const char **line, size_t *len)
{
	struct error why;
	int got;
	do {
		got = lines_next(&p->lines, line, len, &why);
	} while (got > 0 && group_is_blank(*line, *len));
	if (got < 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	return got > 0;
}

static bool
next_job(void *context, void *item)
{
	struct pack *p = context;
	struct job *j = item;
	const char *line;
	size_t len;
	if (stop_signal() || !next_line(p, &line, &len))
		return false;
	j->number = p->lines.number;
	j->line.len = 0;
	if (buf_add(&j->line, line, len) != 0)
		diag_die(STATUS_BAD, "line %lu: out of memory", j->number);
	return true;
}

static void
read_job(void *context, unsigned worker, void *item)
{
	struct pack *p = context;
	struct job *j = item;
	group_free(&j->group);
	j->path = NULL;
	j->bad = group_parse(j->line.data, j->line.len, &j->group, &j->why) != 0 ||
	         (p->output && blobfile_check(j->group.key, j->group.key_len, &j->why) != 0) ||
	         patch_read(p->readers[worker], &j->group, &j->blob, &j->path, &j->why) != 0;
}

/* A bare blob has no key and no end: there can be only one. */
static int
write_blob(struct pack *p, const struct job *j, struct error *why)
{
	const char *line;
	size_t len;
	if (next_line(p, &line, &len))
		return error_set(why, "more than one group: -r writes a record stream, "
		                      "-o DIR a file for each");
	if (fwrite(j->blob.data, 1, j->blob.len, stdout) != j->blob.len)
		return error_errno(why, "standard output");
	return 0;
}

static void
report(const struct job *j)
{
	if (!j->group.key)
		diag_warn("line %lu: %s", j->number, j->why.text);
	else if (!j->path)
		diag_warn("%s: %s", j->group.key, j->why.text);
	else
		diag_warn("%s: %s: %s", j->group.key, j->path, j->why.text);
}

static bool
emit_job(void *context, void *item)
{
	struct pack *p = context;
	struct job *j = item;
	if (stop_signal())
		return false;
	if (j->bad) {
		report(j);
		p->status = STATUS_BAD;
		return p->keep_going;
	}
	struct iovec data = {.iov_base = j->blob.data, .iov_len = j->blob.len};
	int bad = p->records ? record_write(
	                           STDOUT_FILENO, j->group.key, j->group.key_len, &data, 1, &j->why)
	          : p->output
	              ? blobfile_write(p->output, j->group.key, j->blob.data, j->blob.len, &j->why)
	              : write_blob(p, j, &j->why);
	if (bad && stop_signal())
		return false;
	if (bad)
		diag_die(STATUS_BAD, "%s: %s", j->group.key, j->why.text);
	p->written++;
	meter_add(&p->meter, 1, j->blob.len);
	return true;
}

/* ---- the run ---- */

static void
run(struct pack *p)
{
	struct ordered o = {.context = p, .next = next_job, .work = read_job, .emit = emit_job};
	size_t count = p->jobs + (p->jobs + 1) / 2;
	struct job *jobs = calloc(count, sizeof *jobs);
	p->readers = calloc(p->jobs, sizeof *p->readers);
	if (!jobs || !p->readers)
		diag_die(STATUS_BAD, "out of memory");
	for (unsigned i = 0; i < p->jobs; i++) {
		p->readers[i] = patch_reader_new(&p->options);
		if (!p->readers[i])
			diag_die(STATUS_BAD, "out of memory");
	}
	if (ordered_run(&o, p->jobs, jobs, sizeof *jobs, count) != 0)
		diag_die(STATUS_BAD, "%s", strerror(errno));
	for (size_t i = 0; i < count; i++) {
		group_free(&jobs[i].group);
		buf_free(&jobs[i].line);
		buf_free(&jobs[i].blob);
	}
	for (unsigned i = 0; i < p->jobs; i++)
		patch_reader_free(p->readers[i]);
	free(p->readers);
	free(jobs);
}

/* ---- options ---- */

static void
take_tensors(void *context, const char *option, const char *value)
{
	struct pack *p = context;
	struct error why;
	if (p->keep.count > 0)
		diag_usage("%s: given twice: join the lists with a comma", option);
	if (names_parse(value, strlen(value), &p->keep, &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

static void
take_stack(void *context, const char *option, const char *value)
{
	struct pack *p = context;
	struct error why;
	p->stacks = realloc(p->stacks, (p->stack_count + 1) * sizeof *p->stacks);
	if (!p->stacks)
		diag_die(STATUS_BAD, "out of memory");
	if (stack_parse(value, &p->stacks[p->stack_count++], &why) != 0)
		diag_usage("%s: '%s': %s", option, value, why.text);
}

static char **
read_options(struct pack *p, int argc, char **argv)
{
	uint64_t align = 0;
	struct error why;
	const struct option_row rows[] = {
	    {'r', "records", NULL, "a record stream, for rsenc-load", .flag = &p->records},
	    {'o', "output", "DIR", "a file DIR/KEY.safetensors for each group", .text = &p->output},
	    {'k', "keep-going", NULL, "skip bad groups; the exit status is 1 then",
	        .flag = &p->keep_going},
	    {'j', "jobs", "N", "worker threads (0: all cores); the output is the same",
	        .jobs = &p->jobs},
	    {'t', "tensors", "LIST", "keep only these, as in 'B{1..10},B12'", .take = take_tensors},
	    {'S', "stack", "NAME=LIST", "make one [n,h,w] tensor of these bands",
	        .take = take_stack},
	    {'A', "align", "N", "align the data to N bytes within an LMDB page", .number = &align,
	        .min = 8, .max = 4096},
	    {'M', "max-memory", "SIZE", "largest memory for one group (1G)",
	        .size = &p->options.max_memory, .min = 1, .max = INT64_MAX},
	    {'q', "quiet", NULL, "no meter", .flag = &p->quiet},
	    {'v', "verbose", NULL, "warnings of libtiff, a line of progress every 30 s",
	        .flag = &p->verbose},
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, p, argc, argv);
	if (align & (align - 1))
		diag_usage("-A: '%u' is not a power of two", (unsigned)align);
	p->options.align = (size_t)align;
	if (p->records && p->output)
		diag_usage("-r and -o can't be used together");
	if (selection_make(&p->options.selection, p->keep.count > 0 ? &p->keep : NULL, p->stacks,
	        p->stack_count, &why) != 0)
		diag_usage("-S: %s", why.text);
	return operands;
}

static void
set_jobs(struct pack *p, char **operands)
{
	unsigned most = 0;
	while (operands[most] && most < JOBS_MAX)
		most++;
	if (p->jobs == 0)
		p->jobs = cores_allowed();
	/* Under xargs -P each process has a few operands, and all cores are taken by the others. */
	if (most > 0 && p->jobs > most)
		p->jobs = most;
	/* One blob is written by the thread that looks for a second line. */
	if (!p->output && !p->records)
		p->jobs = 1;
}

static void
warn_libtiff(const char *text)
{
	diag_warn("libtiff: %s", text);
}

/* Ends the output as the run ended: only a complete stream has an end marker. */
static void
finish(struct pack *p)
{
	struct error why;
	if (stop_signal()) {
		diag_warn("stopped by signal %d after %" PRIu64 " groups: go on with those that "
		          "rsenc-missing passes",
		    stop_signal(), p->written);
		p->status = 128 + stop_signal();
	} else if (p->records && (p->status == STATUS_OK || p->keep_going)) {
		if (record_write_end(STDOUT_FILENO, &why) != 0)
			diag_die(STATUS_BAD, "standard output: %s", why.text);
	} else if (!p->records && !p->output && p->written == 0 && p->status == STATUS_OK) {
		diag_die(STATUS_BAD, "no group line: rsenc-scan writes them");
	}
}

int
main(int argc, char **argv)
{
	struct pack p = {.options = {.max_memory = UINT64_C(1) << 30}};
	diag_start(argv[0]);
	char **operands = read_options(&p, argc, argv);
	if (p.output && mkdir(p.output, 0777) != 0 && errno != EEXIST)
		diag_die(STATUS_BAD, "%s: can't be made: %s", p.output, strerror(errno));
	if (!p.output)
		diag_refuse_terminal(p.records ? "a record stream" : "a safetensors blob");
	set_jobs(&p, operands);
	if (p.verbose)
		tiff_on_warning(warn_libtiff);
	confine(p.output);
	stop_catch();
	lines_start(&p.lines, operands, STDIN_FILENO);
	meter_start(
	    &p.meter, "packing", 0, p.output ? METER_ALONE : METER_STREAM, p.quiet, p.verbose);
	run(&p);
	meter_finish(&p.meter);
	finish(&p);
	lines_finish(&p.lines);
	selection_free(&p.options.selection);
	names_free(&p.keep);
	for (size_t i = 0; i < p.stack_count; i++)
		stack_free(&p.stacks[i]);
	free(p.stacks);
	diag_close_stdout();
	return p.status;
}
