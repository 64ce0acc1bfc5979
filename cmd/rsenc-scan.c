/* rsenc-scan: finds the patches of a dataset and writes one group line for each. */

#include "base/buf.h"
#include "cmd/archives.h"
#include "cmd/datasets.h"
#include "cmd/explain.h"
#include "cmd/operands.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "process/output.h"
#include "scan/match.h"
#include "scan/scan.h"

#include <inttypes.h>
#include <string.h>

static const char usage[] =
    "usage: rsenc-scan [-cIqv] [-f RULES]... [-j N] DATASET DIR|ARCHIVE...\n"
    "       rsenc-scan -l [-f RULES]... [DATASET]\n"
    "       rsenc-scan --explain [-f RULES]... [DATASET] [FILE]...\n"
    "Finds the patches of a dataset below directories, or in archives, and writes one group\n"
    "line for each.\n";

struct command {
	bool list, explain, quiet, verbose;
	uint64_t jobs;
	struct datasets sets;
	bool several;      /* directories are given */
	uint64_t bad;      /* groups that are not listed */
	uint64_t problems; /* of other kinds */
	struct output out;
	struct progress progress;
};

/* ---- output ---- */

/* A group is a line at once: nothing is held back to sort it, so that packing begins while the scan
 * continues. A bad group is reported, and the others are listed. */
static void
put_group(struct command *c, const struct assembled *g)
{
	if (g->bad) {
		c->bad += datasets_report_bad(&c->sets, g);
		return;
	}
	assembled_line(g, &c->out.pending);
	output_line(&c->out);
	g->rule->listed++;
	progress_add(&c->progress, 1, 0);
}

/* A directory without any file of the dataset is an error: half of the dataset may be missing. That
 * other rules of a dataset find nothing is common: BigEarthNet without its maps. */
static void
put_problem(struct command *c, const struct scan_item *item, bool empty)
{
	if (!empty || c->several)
		diag_bad("%s: %s", item->path, item->why);
	c->problems += !empty;
}

/* Writes the groups of all directories. */
static void
put_groups(struct command *c, struct scan *scan)
{
	struct scan_item item;
	enum scan_what what;
	while ((what = scan_next(scan, &item)) != SCAN_END) {
		if (what == SCAN_GROUP)
			put_group(c, item.group);
		else if (what == SCAN_STEP)
			output_step(&c->out);
		else
			put_problem(c, &item, what == SCAN_EMPTY);
	}
	/* Groups are written before anything is said of them, and before the run can end. */
	output_finish(&c->out);
	progress_finish(&c->progress);
}

/* ---- what came of it ---- */

static void
report(struct command *c, const char *dataset, char **dirs, const struct scan *scan)
{
	struct groups_counts counts = scan_counts(scan);
	/* Nothing at all was found: most likely the directory, or the dataset, is another one.
	 * Where groups are bad, or a directory can't be read, that was reported. */
	if (c->progress.count == 0 && c->bad == 0 && c->problems == 0 && counts.windows == 0) {
		datasets_say_nothing(&c->sets, dataset, dirs[0], counts.example);
		archives_hint_inside(dirs, c->sets.arguments.data);
	}
	if (c->bad > 0 && (c->verbose || run_by_wrapper()))
		diag_warn("skipped %" PRIu64 " of %" PRIu64
		          " patch%s: incomplete or duplicate key (see above)",
		    c->bad, c->bad + c->progress.count,
		    c->bad + c->progress.count == 1 ? "" : "es");
	datasets_report_end(&c->sets, &counts, c->verbose);
}

static void
scan_dirs(struct command *c, const char *dataset, char **dirs)
{
	/* All of them, before the first is walked: a compressed archive in the last place would be
	 * reported after hours. */
	archives_check(dirs, c->sets.arguments.data);
	c->several = dirs[1] != NULL;
	progress_start(&c->progress, "scanning", 0, PROGRESS_STREAM, c->quiet, c->verbose);
	struct scan *scan = scan_new(
	    c->sets.selected, c->sets.selected_count, dirs, (unsigned)c->jobs, NULL, UINT64_MAX);
	put_groups(c, scan);
	report(c, dataset, dirs, scan);
	scan_free(scan);
}

static void
list_rules(struct command *c)
{
	for (size_t i = 0; i < c->sets.selected_count; i++) {
		for (size_t k = 0; k < c->sets.selected[i]->line_count; k++) {
			const char *line = c->sets.selected[i]->line[k]->text;
			buf_add(&c->out.pending, line, strlen(line));
			output_line(&c->out);
		}
	}
	output_finish(&c->out);
}

static char **
read_options(struct command *c, int argc, char **argv)
{
	const struct option_row rows[] = {
	    DATASETS_OPTIONS(&c->sets),
	    {'j', "jobs", "N", "threads that list directories (as many as help); same output",
	        .number = &c->jobs, .max = JOBS_MAX},
	    {'l', "list", NULL, "list the rules, in the format that -f reads", .flag = &c->list},
	    {0, "explain", NULL, "report which rule matches each FILE, or why none does",
	        .flag = &c->explain},
	    {'q', "quiet", NULL, "no progress", .flag = &c->quiet},
	    {'v', "verbose", NULL, "report what each rule found, and the published numbers",
	        .flag = &c->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, c, argc, argv);
}

int
main(int argc, char **argv)
{
	static struct command c;
	/* At once: the command makes no file, and rules of a stranger are parsed as the first
	 * thing. */
	diag_start(argv[0]);
	sandbox_enter(NULL);
	char **operands = read_options(&c, argc, argv);
	if (!c.explain)
		check_operands(argv, operands, NULL);
	const char *dataset = operands[0];
	if (!dataset && !c.list && !c.explain)
		diag_usage("missing operand DATASET (-l lists all)");
	datasets_ready(&c.sets);
	datasets_select(&c.sets, dataset);
	/* --explain takes files of any dataset, too. */
	if (c.sets.selected_count == 0 && c.explain && (!dataset || match_stem(dataset) > 0))
		datasets_select(&c.sets, NULL);
	else if (dataset && c.sets.selected_count > 0)
		operands++;
	if (c.sets.selected_count == 0)
		datasets_unknown(&c.sets, dataset, c.list ? "" : operands[0] ? operands[1] : NULL);
	if (c.list) {
		if (dataset && operands[0])
			diag_usage(
			    "-l takes at most one DATASET: unexpected operand '%s'", operands[0]);
		list_rules(&c);
	} else {
		if (!c.explain && !operands[0])
			diag_usage("missing operand DIR or ARCHIVE");
		if (c.explain)
			explain_files(&c.sets, operands);
		else
			scan_dirs(&c, dataset, operands);
	}
	return diag_close_stdout();
}
