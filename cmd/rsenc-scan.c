/* rsenc-scan: finds the patches of a dataset and writes one group line for each. */

#include "base/buf.h"
#include "cmd/archives.h"
#include "cmd/datasets.h"
#include "cmd/explaining.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "scan/scan.h"
#include "stream/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	JOBS = 4 /* hides some latency of a network filesystem, and costs next to nothing */
};

static const char usage[] =
    "usage: rsenc-scan [-cLqv] [-j N] [-f RULES]... DATASET DIR|ARCHIVE.tar...\n"
    "       rsenc-scan -l [-f RULES]... [DATASET]\n"
    "       rsenc-scan -n [-f RULES]... [DATASET] FILE...\n"
    "Finds the patches of a dataset below directories, or in tar archives, and writes one group\n"
    "line for each.\n";

struct command {
	bool check, list, explain, quiet, verbose;
	unsigned jobs;
	struct datasets sets;
	size_t found;       /* directories in which there was something */
	uint64_t *taken;    /* files, by each line of the selected rules */
	const char **empty; /* those in which there was nothing */
	size_t empty_count;
	struct output out;
	struct progress meter;
	int status;
};

static _Noreturn void
out_of_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- output ---- */

/* A group is a line at once: nothing is held back to sort it, so that packing begins while the scan
 * goes on. */
static void
on_group(void *context, const struct assembled *g, size_t rule)
{
	struct command *c = context;
	struct error why;
	if (assembled_line(g, &c->out.pending) != 0)
		out_of_memory();
	diag_check_output(output_line(&c->out, &why), &why);
	c->sets.listed[rule]++;
	progress_add(&c->meter, 1, 0);
}

/* The scan goes on: one folder that can't be read is named and is no reason to lose the others. */
static void
on_problem(void *context, const char *key, const char *path, const char *why)
{
	struct command *c = context;
	if (key)
		diag_warn("%s: %s: %s", key, path, why);
	else
		diag_warn("%s: %s", path, why);
	c->status = STATUS_BAD;
}

/* A directory without any file of the dataset: half of it may be missing. That other rules of a
 * dataset have found nothing is common (BigEarthNet without its maps), and told with -v. */
static void
on_dir(void *context, const char *dir, const uint64_t *files, bool empty)
{
	struct command *c = context;
	for (size_t i = datasets_lines(&c->sets); i-- > 0;)
		c->taken[i] += files[i];
	if (c->verbose)
		datasets_say_found(&c->sets, dir, files);
	c->found += !empty;
	if (empty) {
		c->empty[c->empty_count++] = dir;
		c->status = STATUS_BAD;
	}
}

/* Called now and then, also where no group comes: lines are not held back there, and a request to
 * stop is seen. */
static bool
on_step(void *context)
{
	struct command *c = context;
	struct error why;
	diag_check_output(output_step(&c->out, &why), &why);
	return true;
}

/* The next directory is being waited for: what is known already need not wait too. */
static void
on_idle(void *context)
{
	struct command *c = context;
	struct error why;
	diag_check_output(output_flush(&c->out, &why), &why);
}

/* ---- what came of it ---- */

/* Nothing at all was found: most likely the directory, or the dataset, is another one. */
static void
say_nothing_found(struct command *c, const char *dataset, char **dirs, struct scan_result *result)
{
	struct buf where = {0};
	static const char others[] = " and the other directories";
	if (buf_add(&where, dirs[0], strlen(dirs[0])) != 0 ||
	    buf_add(&where, others, dirs[1] ? strlen(others) : 0) != 0 ||
	    buf_add(&where, "", 1) != 0)
		out_of_memory();
	datasets_say_nothing(&c->sets, dataset, where.data, result->example, &result->counts);
	buf_free(&where);
	c->status = STATUS_BAD;
}

static void
scan(struct command *c, const char *dataset, char **dirs)
{
	struct scan_events events = {c, on_group, on_problem, on_dir, on_step, on_idle};
	struct scan_result result;
	struct error why;
	progress_start(&c->meter, "scanning", 0, PROGRESS_STREAM, c->quiet, c->verbose);
	size_t dir_count = 0;
	/* All of them, before the first is walked: a compressed archive in the last place would be
	 * told after hours. */
	while (dirs[dir_count])
		archives_check_file(dirs[dir_count++], c->sets.arguments.data);
	c->empty = calloc(dir_count, sizeof *c->empty);
	c->taken = calloc(datasets_lines(&c->sets) + 1, sizeof *c->taken);
	if (!c->empty || !c->taken)
		out_of_memory();
	int finished = scan_run(
	    c->sets.selected, c->sets.selected_count, dirs, c->jobs, &events, &result, &why);
	/* What was found is written before anything is said of it, and before the run can end. */
	diag_check_output(output_finish(&c->out, &why), &why);
	progress_finish(&c->meter);
	if (finished < 0)
		diag_die(STATUS_BAD, "%s", why.text);
	if (finished > 0) {
		/* Where groups were found but are bad, each was named: "nothing found" would
		 * mislead. */
		if (c->meter.count == 0 && result.bad_groups == 0)
			say_nothing_found(c, dataset, dirs, &result);
		for (size_t i = 0; c->found > 0 && i < c->empty_count; i++)
			diag_warn("%s: no file of %s is there: is it the right directory?",
			    c->empty[i], dataset);
		datasets_warn_absent(&c->sets, c->taken);
		if (datasets_compare(&c->sets, c->check, c->verbose))
			c->status = STATUS_BAD;
		if (result.bad_groups > 0 && (c->verbose || run_by_wrapper()))
			diag_warn("left out %" PRIu64 " of %" PRIu64
			          " patches: incomplete, or their key came before",
			    result.bad_groups, result.bad_groups + c->meter.count);
		if (c->verbose)
			datasets_say_files(&result.counts);
	}
	free(result.example);
	free(c->empty);
	free(c->taken);
}

static void
put_line(struct command *c, const char *line)
{
	struct error why;
	diag_check_output(output_add(&c->out, line, strlen(line), &why), &why);
	diag_check_output(output_line(&c->out, &why), &why);
}

static void
list_rules(struct command *c)
{
	struct error why;
	for (size_t i = 0; i < c->sets.selected_count; i++) {
		for (size_t k = 0; k < c->sets.selected[i]->line_count; k++)
			put_line(c, c->sets.selected[i]->line[k]->text);
	}
	diag_check_output(output_finish(&c->out, &why), &why);
}

/* rsenc-scan DIR DATASET: as find(1) would have it. */
static void
check_order(struct command *c, char **operands)
{
	struct stat st;
	if (!operands[0] || !operands[1] || stat(operands[0], &st) != 0)
		return;
	datasets_select(&c->sets, operands[1]);
	if (c->sets.selected_count > 0)
		diag_usage(
		    "'%s' is no DATASET, but '%s' is: that comes first", operands[0], operands[1]);
}

static char **
read_options(struct command *c, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'c', "check", NULL, "any other number of groups than the published one is an error",
	        .flag = &c->check},
	    DATASETS_OPTION(&c->sets),
	    {'j', "jobs", "N", "threads that list directories (4; 0: all cores); same output",
	        .jobs = &c->jobs},
	    {'l', "list", NULL, "list the rules, in the format that -f reads", .flag = &c->list},
	    {'L', "follow", NULL, "follow symbolic links: this is always done", .flag = NULL},
	    {'n', "explain", NULL, "say which line of the rules takes each FILE, or why none does",
	        .flag = &c->explain},
	    {'q', "quiet", NULL, "no meter", .flag = &c->quiet},
	    {'v', "verbose", NULL, "what each rule found, where, and how many are published",
	        .flag = &c->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, c, argc, argv);
}

int
main(int argc, char **argv)
{
	struct command c = {.jobs = JOBS};
	diag_start(argv[0]);
	/* At once: the command makes no file, and rules of a stranger are parsed as the first
	 * thing. */
	sandbox_enter(NULL);
	char **operands = read_options(&c, argc, argv);
	const char *dataset = operands[0];
	if (!dataset && !c.list && !c.explain)
		diag_usage("no DATASET (-l lists them)");
	datasets_ready(&c.sets);
	datasets_select(&c.sets, dataset);
	/* -n takes files of any dataset, too. */
	if (c.sets.selected_count == 0 && c.explain)
		datasets_select(&c.sets, NULL);
	else if (dataset && c.sets.selected_count > 0)
		operands++;
	if (c.sets.selected_count == 0) {
		/* Before it is called unknown: the other order is the likelier mistake. */
		check_order(&c, operands);
		datasets_unknown(&c.sets, dataset);
	}
	if (c.list) {
		if (dataset && operands[0])
			diag_usage("-l: at most one DATASET, not also '%s'", operands[0]);
		list_rules(&c);
	} else {
		if (!c.explain && !operands[0])
			diag_usage("no DIR or ARCHIVE.tar to scan");
		datasets_warn(&c.sets);
		if (c.explain)
			c.status = explaining_files(&c.sets, operands);
		else
			scan(&c, dataset, operands);
	}
	diag_close_stdout();
	datasets_free(&c.sets);
	return c.status;
}
