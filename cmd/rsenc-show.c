/* rsenc-show: a line for each tensor of safetensors blobs or record streams. */

#include "cmd/hints.h"
#include "cmd/totals.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "stream/blobs.h"
#include "stream/output.h"
#include "tensor/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-show [-Hmqsv] [-M SIZE] [FILE...]\n"
    "       rsenc-show -t [-bHqv] [-j N] [-M SIZE] [-n VALUE] [--json] [FILE...]\n"
    "Lists the tensors of safetensors blobs and record streams (stdin without FILE):\n"
    "key, tensor, dtype, shape, begin and end of its data, separated by tabs. With -t: a line for "
    "each\n"
    "tensor name, of all its elements together.\n";

struct show {
	bool header, metadata, stats, quiet, verbose, jobs_set;
	uint64_t max_memory;
	struct totals_options totals;
	struct input input;
	struct output out;
	struct progress meter;
};

/* ---- text ---- */

static void
add_text(struct show *s, const char *text)
{
	struct error why;
	diag_check_output(output_add(&s->out, text, strlen(text), &why), &why);
}

static void
add_escaped(struct show *s, const char *bytes, size_t len)
{
	struct error why;
	diag_check_output(output_escaped(&s->out, bytes, len, &why), &why);
}

static void
end_line(struct show *s)
{
	struct error why;
	diag_check_output(output_line(&s->out, &why), &why);
}

static void
add_number(struct show *s, const char *before, uint64_t n)
{
	char text[32];
	/* Not printf(3), which would write past the lines that are gathered here
	 * (stream/output). */
	snprintf(text, sizeof text, "%" PRIu64, n);
	add_text(s, before);
	add_text(s, text);
}

static void
add_key_and_name(struct show *s, const char *name)
{
	struct error why;
	diag_check_output(output_key(&s->out, s->input.key, s->input.key_len, &why), &why);
	add_text(s, "\t");
	add_escaped(s, name, strlen(name));
}

static void
add_stats(struct show *s, const struct tensor *t)
{
	struct stats stats;
	char number[4][DECIMAL_SIZE];
	/* Fields stay, so that columns mean the same in every line. */
	if (dtype_size(t->dtype) == 0) {
		add_text(s, "\t-\t-\t-\t-\t-\t-");
		return;
	}
	uint64_t count = (t->end - t->begin) / dtype_size(t->dtype);
	stats_of(t->dtype, s->input.data + t->begin, count, &stats);
	stats_limits(&stats, number[0], number[1]);
	decimal_text(number[2], stats.mean, DECIMAL_DOUBLE);
	decimal_text(number[3], stats.std, DECIMAL_DOUBLE);
	for (int i = 0; i < 4; i++) {
		add_text(s, "\t");
		add_text(s, number[i]);
	}
	add_number(s, "\t", stats.nan);
	add_number(s, "\t", stats.zeros);
}

static void
add_tensor(struct show *s, const struct tensor *t)
{
	add_key_and_name(s, t->name);
	add_text(s, "\t");
	add_text(s, dtype_name(t->dtype));
	/* A scalar has no sizes, but the field must not be empty: tools that join blanks would lose
	 * it. */
	add_text(s, t->rank == 0 ? "\t-" : "\t");
	for (unsigned i = 0; i < t->rank; i++)
		add_number(s, i > 0 ? "x" : "", t->shape[i]);
	add_number(s, "\t", t->begin);
	add_number(s, "\t", t->end);
	if (s->stats)
		add_stats(s, t);
	end_line(s);
}

/* With the fields of a tensor's line as far as they go: "__metadata__" is no tensor's name in the
 * format, so that a script can tell them apart. */
static void
add_metadata(struct show *s, const struct metadata *m)
{
	add_key_and_name(s, "__metadata__");
	add_text(s, "\t");
	add_escaped(s, m->key, strlen(m->key));
	add_text(s, "\t");
	add_escaped(s, m->value, strlen(m->value));
	end_line(s);
}

/* ---- the run ---- */

static void
show_blob(struct show *s)
{
	const struct safetensors *blob = &s->input.blob;
	for (size_t i = 0; s->metadata && i < blob->metadata_count; i++)
		add_metadata(s, &blob->metadata[i]);
	for (size_t i = 0; i < blob->count; i++)
		add_tensor(s, &blob->tensors[i]);
	progress_add(&s->meter, 1, s->input.size);
}

static int
show_run(struct show *s, char **paths)
{
	int status = STATUS_OK;
	struct error why;
	enum input_status got;
	if (s->header) {
		add_text(s, "key\ttensor\tdtype\tshape\tbegin\tend");
		add_text(s, s->stats ? "\tmin\tmax\tmean\tstd\tnan\tzeros" : "");
		end_line(s);
	}
	/* Only -s needs the data: else headers alone are held, and a blob may be of any size. */
	input_start(&s->input, paths, s->stats, s->max_memory);
	while ((got = input_next(&s->input, &why)) == INPUT_OK || got == INPUT_BAD) {
		/* One bad blob is named, and the next ones are listed. */
		if (got == INPUT_OK) {
			show_blob(s);
			continue;
		}
		diag_warn("%s: %s", input_label(&s->input), hint_text(&why));
		status = STATUS_BAD;
	}
	input_finish(&s->input);
	return status;
}

static void
take_nodata(void *context, const char *option, const char *text)
{
	struct show *s = context;
	if (!nodata_parse(text, &s->totals.nodata))
		diag_usage("%s: '%s' is not a number", option, text);
}

static void
take_jobs(void *context, const char *option, const char *text)
{
	struct show *s = context;
	/* 0 is a value too, so whether it was given is kept apart. */
	s->jobs_set = true;
	s->totals.jobs = (unsigned)options_number(option, text, 0, JOBS_MAX);
}

/* What does not go together. */
static void
check_options(struct show *s)
{
	struct totals_options *t = &s->totals;
	/* There is no JSON of the list of tensors, so that --json can only mean this. */
	t->wanted |= t->json;
	if (t->wanted && (s->stats || s->metadata))
		diag_usage("-t: totals have no line for a blob: without -s and -m");
	/* Better refused than passed over: who gives -n believes that -s heeds it. */
	if (!t->wanted && t->nodata.set)
		diag_usage("-n: only with -t");
	if (!t->wanted && t->bands)
		diag_usage("-b: only with -t");
	if (!t->wanted && s->jobs_set)
		diag_usage("-j: only with -t");
	t->header = s->header;
	t->quiet = s->quiet;
	t->verbose = s->verbose;
	t->max_memory = s->max_memory;
}

static char **
read_options(struct show *s, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'H', "header", NULL, "first a line with the names of the fields", .flag = &s->header},
	    {'m', "metadata", NULL,
	        "also the entries of __metadata__: key, __metadata__, name, value",
	        .flag = &s->metadata},
	    {'s', "stats", NULL,
	        "add min, max, mean, std of finite elements, counts of NaN and zeros",
	        .flag = &s->stats},
	    {'t', "totals", NULL,
	        "of all blobs together, a line a tensor name: patches, count, min,\n"
	        "max, mean, std, nan, inf, nodata, zeros, percentiles 1 2 50 98 99",
	        .flag = &s->totals.wanted},
	    {0, "json", NULL, "totals as JSON: {\"B02\": {\"mean\": ...}}",
	        .flag = &s->totals.json},
	    {'b', "bands", NULL, "in totals, stacks (rsenc-pack -S) count as their bands",
	        .flag = &s->totals.bands},
	    {'n', "nodata", "VALUE", "leave this value out of totals, and count it",
	        .take = take_nodata},
	    {'j', "jobs", "N", "threads that make totals (0: all cores)", .take = take_jobs},
	    {'M', "max-memory", "SIZE", "with -s and -t, largest blob; with -t, all totals (1G)",
	        .size = &s->max_memory, .min = 1, .max = INT64_MAX},
	    {'q', "quiet", NULL, "no meter", .flag = &s->quiet},
	    {'v', "verbose", NULL, "a line of progress every 30 s", .flag = &s->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, s, argc, argv);
}

static int
list_tensors(struct show *s, char **paths)
{
	struct error why;
	progress_start(&s->meter, "reading", 0, PROGRESS_STREAM, s->quiet, s->verbose);
	int status = show_run(s, paths);
	progress_finish(&s->meter);
	diag_check_output(output_finish(&s->out, &why), &why);
	return status;
}

int
main(int argc, char **argv)
{
	struct show s = {.max_memory = UINT64_C(1) << 30};
	diag_start(argv[0]);
	char **paths = read_options(&s, argc, argv);
	check_options(&s);
	if (!paths[0])
		require_stdin_not_tty("records", "rsenc-pack -r");
	/* Headers and JSON of strangers come next; files to read can still be opened. */
	sandbox_enter(NULL);
	int status = s.totals.wanted ? totals_print(&s.totals, paths) : list_tensors(&s, paths);
	diag_close_stdout();
	return status;
}
