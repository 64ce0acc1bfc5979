/* rsenc-pack: the TIFF files of a patch to one safetensors blob, or many to a record stream. */

#include "base/stop.h"
#include "base/workers.h"
#include "pack/blobfile.h"
#include "pack/patch.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/output.h"
#include "stream/record.h"
#include "tiff/tiff.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: rsenc-pack [-qv] [-t LIST] [-S NAME=LIST]... [-A N] [-M SIZE] [LINE]\n"
    "       rsenc-pack -r [-kqv] [-j N] [...] [LINE...]\n"
    "       rsenc-pack -o DIR [-kqv] [-j N] [...] [LINE...]\n"
    "Reads the TIFF files of group lines (operands, or stdin) and writes safetensors.\n"
    "\n"
    "  -r, --records          a record stream, for rsenc-load\n"
    "  -o, --output=DIR       a file DIR/KEY.safetensors for each group\n"
    "  -k, --keep-going       skip bad groups; the exit status is 1 then\n"
    "  -j, --jobs=N           worker threads (1; 0: all cores); the output is the same\n"
    "  -t, --tensors=LIST     keep only these, as in 'B{1..10},B12'\n"
    "  -S, --stack=NAME=LIST  make one [n,h,w] tensor of these bands\n"
    "  -A, --align=N          align the data to N bytes within an LMDB page\n"
    "  -M, --max-memory=SIZE  largest memory for one group (1G)\n"
    "  -q, --quiet            no meter\n"
    "  -v, --verbose          warnings of libtiff, a line of progress every 30 s\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

static const struct option long_options[] = {
    {"records", no_argument, NULL, 'r'},
    {"output", required_argument, NULL, 'o'},
    {"keep-going", no_argument, NULL, 'k'},
    {"jobs", required_argument, NULL, 'j'},
    {"tensors", required_argument, NULL, 't'},
    {"stack", required_argument, NULL, 'S'},
    {"align", required_argument, NULL, 'A'},
    {"max-memory", required_argument, NULL, 'M'},
    DIAG_OPTIONS,
    {NULL, 0, NULL, 0},
};

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
	struct names keep;    /* -t */
	struct stack *stacks; /* -S */
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
add_stack(struct pack *p, const char *text)
{
	struct error why;
	size_t count = p->options.stack_count++;
	p->stacks = realloc(p->stacks, (count + 1) * sizeof *p->stacks);
	if (!p->stacks)
		diag_die(STATUS_BAD, "out of memory");
	if (stack_parse(text, &p->stacks[count], &why) != 0)
		diag_usage("-S: '%s': %s", text, why.text);
	p->options.stacks = p->stacks;
}

static void
set_option(struct pack *p, int option, const char *value)
{
	struct error why;
	switch (option) {
	case 'r':
		p->records = true;
		break;
	case 'o':
		p->output = value;
		break;
	case 'k':
		p->keep_going = true;
		break;
	case 'j':
		p->jobs = diag_jobs(value);
		break;
	case 't':
		if (p->options.keep)
			diag_usage("-t: given twice: join the lists with a comma");
		if (names_parse(value, strlen(value), &p->keep, &why) != 0)
			diag_usage("-t: '%s': %s", value, why.text);
		p->options.keep = &p->keep;
		break;
	case 'S':
		add_stack(p, value);
		break;
	case 'A':
		p->options.align = (size_t)diag_number("-A", value, 8, 4096);
		if (p->options.align & (p->options.align - 1))
			diag_usage("-A: '%s' is not a power of two", value);
		break;
	case 'M':
		p->options.max_memory = diag_size("-M", value, 1, INT64_MAX);
		break;
	case 'q':
		p->quiet = true;
		break;
	case 'v':
		p->verbose = true;
		break;
	default:
		diag_common_option(option, help);
	}
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
	struct pack p = {.jobs = 1, .options = {.max_memory = UINT64_C(1) << 30}};
	struct error why;
	int option;
	diag_start(argv[0]);
	while ((option = getopt_long(argc, argv, "ro:kj:t:S:A:M:qvhV", long_options, NULL)) != -1)
		set_option(&p, option, optarg);
	if (p.records && p.output)
		diag_usage("-r and -o can't be used together");
	if (stack_check(p.stacks, p.options.stack_count, p.options.keep, &why) != 0)
		diag_usage("-S: %s", why.text);
	if (p.output && mkdir(p.output, 0777) != 0 && errno != EEXIST)
		diag_die(STATUS_BAD, "%s: can't be made: %s", p.output, strerror(errno));
	if (!p.output)
		diag_refuse_terminal(p.records ? "a record stream" : "a safetensors blob");
	if (!p.output && !p.records)
		p.jobs = 1; /* its one blob is written by the thread that looks for a second line */
	if (p.verbose)
		tiff_on_warning(warn_libtiff);
	confine(p.output);
	stop_catch();
	lines_start(&p.lines, argv + optind, STDIN_FILENO);
	meter_start(
	    &p.meter, "patches", 0, p.quiet || (output_is_piped() && !p.verbose), p.verbose);
	run(&p);
	meter_finish(&p.meter);
	finish(&p);
	lines_finish(&p.lines);
	names_free(&p.keep);
	for (size_t i = 0; i < p.options.stack_count; i++)
		stack_free(&p.stacks[i]);
	free(p.stacks);
	diag_close_stdout();
	return p.status;
}
