/* rsenc-scan: finds the patches of a dataset and writes one group line for each. */

#include "base/buf.h"
#include "base/file.h"
#include "base/stop.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "scan/advice.h"
#include "scan/explain.h"
#include "scan/rules.h"
#include "scan/scan.h"
#include "stream/lines.h"
#include "stream/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	JOBS = 4, /* hides some latency of a network filesystem, and costs next to nothing */
	RULES_MAX = 16 << 20 /* bytes of a rule file */
};

static const char usage[] =
    "usage: rsenc-scan [-cLqv] [-j N] [-f RULES]... DATASET DIR...\n"
    "       rsenc-scan -l [-f RULES]... [DATASET]\n"
    "       rsenc-scan -n [-f RULES]... [DATASET] FILE...\n"
    "Finds the patches of a dataset below the directories and writes one group line for each.\n";

struct command {
	bool check, list, explain, quiet, verbose;
	unsigned jobs;
	struct rules rules;
	const struct rule **selected;
	size_t selected_count;
	uint64_t *listed;   /* groups, for each selected rule */
	size_t found;       /* directories in which there was something */
	const char **empty; /* those in which there was nothing */
	size_t empty_count;
	struct output out;
	struct meter meter;
	int status;
};

static _Noreturn void
out_of_memory(void)
{
	diag_die(STATUS_BAD, "out of memory");
}

/* ---- output ---- */

static void
check_output(int failed, const struct error *why)
{
	if (failed)
		diag_die(STATUS_BAD, "%s", why->text);
}

static void
on_group(void *context, const struct assembled *g, size_t rule)
{
	struct command *c = context;
	struct error why;
	if (assemble_line(g, &c->out.pending) != 0)
		out_of_memory();
	check_output(output_line(&c->out, &why), &why);
	c->listed[rule]++;
	meter_add(&c->meter, 1, 0);
}

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
	for (size_t i = 0; c->verbose && i < c->selected_count; i++)
		diag_warn("%s: %s: %" PRIu64 " files", dir, c->selected[i]->name, files[i]);
	c->found += !empty;
	if (empty) {
		c->empty[c->empty_count++] = dir;
		c->status = STATUS_BAD;
	}
}

static bool
on_step(void *context)
{
	struct command *c = context;
	struct error why;
	check_output(output_step(&c->out, &why), &why);
	return !stop_signal();
}

/* The next directory is being waited for: what is known already need not wait too. */
static void
on_idle(void *context)
{
	struct command *c = context;
	struct error why;
	check_output(output_flush(&c->out, &why), &why);
}

/* ---- what came of it ---- */

static void
compare_counts(struct command *c)
{
	for (size_t i = 0; i < c->selected_count; i++) {
		const struct rule *r = c->selected[i];
		uint64_t found = c->listed[i];
		if (r->count == 0 && (c->check || c->verbose))
			diag_warn("%s: found %" PRIu64 " groups; how many to expect is not known",
			    r->name, found);
		else if (c->verbose || (c->check && found != r->count))
			diag_warn("%s: found %" PRIu64 " groups, expected %" PRIu64, r->name, found,
			    r->count);
		if (c->check && r->count > 0 && found != r->count)
			c->status = STATUS_BAD;
	}
}

static void
say_files(const struct scan_result *result)
{
	diag_warn("TIFF files: %" PRIu64 "; matched by no rule: %" PRIu64
	          "; of a band that is not in the rule's list: %" PRIu64,
	    result->counts.files, result->counts.unmatched, result->counts.other_band);
}

static void
say_line(const struct rule_line *l)
{
	if (l->pattern.slashes == 0)
		diag_warn("%s: looked for files whose name, less .tif or .tiff, is '%s'", l->name,
		    l->pattern_text);
	else
		diag_warn("%s: looked for files whose last %u path components, less .tif or .tiff, "
		          "are '%s'",
		    l->name, l->pattern.slashes + 1, l->pattern_text);
}

static void
say_nothing_found(struct command *c, const char *dataset, char **dirs, struct scan_result *result)
{
	diag_warn("%s: no patch found in %s%s%s%s", dataset, dirs[0],
	    dirs[1] ? " and the other directories" : "",
	    result->example ? "; the first TIFF file there is " : ", nor any TIFF file",
	    result->example ? result->example : "");
	for (size_t i = 0; i < c->selected_count; i++) {
		for (size_t k = 0; k < c->selected[i]->line_count; k++)
			say_line(c->selected[i]->line[k]);
	}
	if (result->example)
		diag_warn("%s: 'rsenc-scan -n %s FILE' says what does not fit", dataset, dataset);
	if (!c->verbose && result->counts.other_band > 0)
		say_files(result);
	c->status = STATUS_BAD;
}

static void
scan(struct command *c, const char *dataset, char **dirs)
{
	struct scan_events events = {c, on_group, on_problem, on_dir, on_step, on_idle};
	struct scan_result result;
	struct error why;
	meter_start(&c->meter, "scanning", 0, METER_STREAM, c->quiet, c->verbose);
	size_t dir_count = 0;
	while (dirs[dir_count])
		dir_count++;
	c->empty = calloc(dir_count, sizeof *c->empty);
	if (!c->empty)
		out_of_memory();
	int finished = scan_run(
	    c->selected, c->selected_count, dirs, c->jobs, &events, &result, &why);
	check_output(output_finish(&c->out, &why), &why);
	meter_finish(&c->meter);
	if (finished < 0)
		diag_die(STATUS_BAD, "%s", why.text);
	if (finished == 0) {
		diag_warn("stopped by signal %d: the list is incomplete, its %" PRIu64
		          " groups are whole",
		    stop_signal(), c->meter.count);
		c->status = 128 + stop_signal();
	} else {
		if (c->meter.count == 0 && result.bad_groups == 0)
			say_nothing_found(c, dataset, dirs, &result);
		for (size_t i = 0; c->found > 0 && i < c->empty_count; i++)
			diag_warn("%s: no file of %s is there: is it the right directory?",
			    c->empty[i], dataset);
		compare_counts(c);
		if (c->verbose)
			say_files(&result);
	}
	free(result.example);
	free(c->empty);
}

/* ---- rules ---- */

static void
read_rules(void *context, const char *option, const char *path)
{
	(void)option;
	struct command *c = context;
	struct buf text = {0};
	struct error why;
	if (file_slurp(path, RULES_MAX, &text, &why) != 0 ||
	    rules_parse(&c->rules, text.data, text.len, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", path, why.text);
	buf_free(&text);
}

static _Noreturn void
unknown_dataset(const struct command *c, const char *dataset)
{
	struct buf names = {0};
	for (size_t i = 0; i < c->rules.count; i++) {
		const char *name = c->rules.rule[i]->name;
		if (buf_add(&names, i ? ", " : " ", i ? 2 : 1) != 0 ||
		    buf_add(&names, name, strlen(name)) != 0)
			out_of_memory();
	}
	if (buf_add(&names, "", 1) != 0)
		out_of_memory();
	diag_die(STATUS_USAGE,
	    "unknown dataset '%s'; known are%s (or what these begin with, up to a '-')", dataset,
	    names.data);
}

static void
add_builtin_rules(struct command *c)
{
	struct error why;
	if (rules_add_builtin(&c->rules, &why) != 0)
		diag_die(STATUS_BAD, "built-in rules: %s", why.text);
	c->selected = calloc(c->rules.count, sizeof *c->selected);
	c->listed = calloc(c->rules.count, sizeof *c->listed);
	if (!c->selected || !c->listed)
		out_of_memory();
}

/* The rules of that name, or all of them for NULL. */
static void
select_rules(struct command *c, const char *dataset)
{
	c->selected_count = 0;
	for (size_t i = 0; i < c->rules.count; i++) {
		if (!dataset || rule_selected(c->rules.rule[i], dataset))
			c->selected[c->selected_count++] = c->rules.rule[i];
	}
}

static void
warn_of_line(void *context, const char *text)
{
	const struct rule_line *l = context;
	diag_warn("%s: line %lu: %s", l->name, l->line_number, text);
}

/* What is legal in the user's own rules, but hardly meant. */
static void
warn_of_rules(const struct command *c)
{
	for (size_t i = 0; i < c->selected_count; i++) {
		for (size_t k = 0; k < c->selected[i]->line_count; k++) {
			struct rule_line *l = c->selected[i]->line[k];
			if (l->line_number > 0)
				advice_warnings(l, warn_of_line, l);
		}
	}
}

static void
list_rules(const struct command *c)
{
	for (size_t i = 0; i < c->selected_count; i++) {
		for (size_t k = 0; k < c->selected[i]->line_count; k++)
			printf("%s\n", c->selected[i]->line[k]->text);
	}
}

/* ---- one file ---- */

static void
explain(struct command *c, const char *path)
{
	struct buf out = {0};
	int status = explain_path(c->selected, c->selected_count, path, &out);
	if (status < 0 || buf_add(&out, "", 1) != 0)
		out_of_memory();
	if (status > 0) {
		printf("%s\n", out.data);
	} else {
		for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
			diag_warn("%s: no: %s", path, line);
		c->status = STATUS_BAD;
	}
	buf_free(&out);
}

/* Files come as operands or, without any, on standard input, one a line. */
static void
explain_files(struct command *c, char **files)
{
	struct lines in;
	struct error why;
	const char *line;
	size_t len;
	int more;
	if (!files[0])
		diag_need_input("paths of files", "find DIR");
	lines_start(&in, files, STDIN_FILENO);
	while ((more = lines_next(&in, &line, &len, &why)) > 0) {
		char *path = strndup(line, len);
		if (!path)
			out_of_memory();
		explain(c, path);
		free(path);
	}
	if (more < 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	lines_finish(&in);
}

static char **
read_options(struct command *c, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'c', "check", NULL, "any other number of groups than the published one is an error",
	        .flag = &c->check},
	    {'f', "rules", "RULES", "a file with rules of your own, tried before the built-in ones",
	        .take = read_rules},
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
	stop_catch();
	confine(NULL);
	char **operands = read_options(&c, argc, argv);
	const char *dataset = operands[0];
	if (!dataset && !c.list && !c.explain)
		diag_usage("no DATASET (-l lists them)");
	add_builtin_rules(&c);
	select_rules(&c, dataset);
	/* -n takes files of any dataset, too. */
	if (c.selected_count == 0 && c.explain)
		select_rules(&c, NULL);
	else if (dataset)
		operands++;
	if (c.selected_count == 0)
		unknown_dataset(&c, dataset);
	if (c.list) {
		if (dataset && operands[0])
			diag_usage("-l: at most one DATASET, not also '%s'", operands[0]);
		list_rules(&c);
	} else {
		if (!c.explain && !operands[0])
			diag_usage("no DIR to scan");
		warn_of_rules(&c);
		if (c.explain)
			explain_files(&c, operands);
		else
			scan(&c, dataset, operands);
	}
	diag_close_stdout();
	rules_free(&c.rules);
	free(c.selected);
	free(c.listed);
	return c.status;
}
