/* rsenc-show: lists the tensors of safetensors blobs and record streams, and their statistics. */

#include "cmd/show_totals.h"
#include "cmd/operands.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "process/output.h"
#include "stream/blob.h"
#include "stream/group.h"
#include "tensor/json.h"
#include "tensor/stats.h"
#include "tensor/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char usage[] =
    "usage: rsenc-show [-Hmqv] [--stats] [-M SIZE] [FILE...]\n"
    "       rsenc-show --totals [-bHqv] [--json] [--nodata=VALUE] [-M SIZE] [FILE...]\n"
    "Lists the tensors of safetensors blobs and record streams (stdin without FILE): key, tensor,\n"
    "dtype, shape, begin and end of the data, separated by tabs. With --totals: one line per\n"
    "tensor name, with the statistics of all blobs.\n";

struct show {
	bool header, metadata, stats, quiet, verbose;
	bool totals, json, bands;
	uint64_t max_memory;
	struct blob_reader input;
	struct output out;
	struct progress progress;
	struct totals dataset; /* --totals */
	struct unstack unstacked;
};

/* ---- text ---- */

/* A string of a header: U+0000 in it is written \0. */
static void
add_escaped(struct show *s, const char *text)
{
	const char *nul;
	for (; (nul = strstr(text, JSON_NUL)); text = nul + strlen(JSON_NUL)) {
		group_escape(&s->out.pending, text, (size_t)(nul - text));
		buf_add(&s->out.pending, "\\0", 2);
	}
	group_escape(&s->out.pending, text, strlen(text));
}

static void
add_stats(struct show *s, const struct tensor *t)
{
	struct stats stats;
	char text[STATS_FIELDS][DECIMAL_SIZE];
	stats_start(&stats, t->dtype, false, (double)NAN, NULL);
	stats_add(&stats, s->input.data + t->begin, t->end - t->begin);
	stats_text(&stats, text);
	for (unsigned i = STATS_MIN; i <= STATS_NAN; i++)
		buf_addf(&s->out.pending, "\t%s", text[i]);
	buf_addf(&s->out.pending, "\t%s", text[STATS_ZEROS]);
}

static void
add_tensor(struct show *s, const struct tensor *t)
{
	struct buf *line = &s->out.pending;
	group_escape_key(&s->out.pending, s->input.key, s->input.key_len);
	buf_add(&s->out.pending, "\t", 1);
	add_escaped(s, t->name);
	/* A scalar has no sizes, but the field must not be empty: tools that join blanks would lose
	 * it. */
	buf_addf(line, "\t%s\t%s", dtype_name(t->dtype), t->rank == 0 ? "-" : "");
	for (unsigned i = 0; i < t->rank; i++)
		buf_addf(line, "%s%" PRIu64, i > 0 ? "x" : "", t->shape[i]);
	buf_addf(line, "\t%" PRIu64 "\t%" PRIu64, t->begin, t->end);
	if (s->stats)
		add_stats(s, t);
	output_line(&s->out);
}

/* With the fields of a tensor's line as far as they go: no tensor can be called "__metadata__", so
 * that a script can tell them apart. */
static void
add_metadata(struct show *s, const struct metadata *m)
{
	group_escape_key(&s->out.pending, s->input.key, s->input.key_len);
	buf_addf(&s->out.pending, "\t__metadata__\t");
	add_escaped(s, m->key);
	buf_add(&s->out.pending, "\t", 1);
	add_escaped(s, m->value);
	output_line(&s->out);
}

/* ---- the run ---- */

static void
list_blob(struct show *s)
{
	const struct safetensors *blob = &s->input.blob;
	for (size_t i = 0; s->metadata && i < blob->metadata_count; i++)
		add_metadata(s, &blob->metadata[i]);
	for (size_t i = 0; i < blob->count; i++)
		add_tensor(s, &blob->tensors[i]);
}

static void
add_to_totals(struct show *s)
{
	const struct safetensors *blob = &s->input.blob;
	if (s->bands)
		unstack(&s->unstacked, blob);
	const struct tensor *tensors = s->bands ? s->unstacked.tensors : blob->tensors;
	size_t count = s->bands ? s->unstacked.count : blob->count;
	for (size_t i = 0; i < count; i++)
		totals_add(&s->dataset, &tensors[i], s->input.data);
}

/* Reads all blobs. A bad one is reported, and the next ones are read. */
static void
read_blobs(struct show *s, char **paths)
{
	struct error why;
	enum blob_status got;
	/* Without statistics only headers are held: then a blob may be of any size. */
	blob_reader_start(&s->input, paths, s->stats || s->totals, s->max_memory);
	while ((got = blob_reader_next(&s->input, &why)) == BLOB_OK || got == BLOB_BAD) {
		if (got == BLOB_BAD) {
			diag_bad("%s: %s", blob_reader_label(&s->input), why.text);
			continue;
		}
		if (s->totals)
			add_to_totals(s);
		else
			list_blob(s);
		progress_add(&s->progress, 1, s->input.size);
	}
}

static void
run(struct show *s, char **paths)
{
	s->dataset.max_memory = s->max_memory > SIZE_MAX ? SIZE_MAX : (size_t)s->max_memory;
	s->dataset.left = s->dataset.max_memory;
	progress_start(&s->progress, "reading", 0, s->totals ? PROGRESS_ALONE : PROGRESS_STREAM,
	    s->quiet, s->verbose);
	if (s->header && !s->totals) {
		buf_addf(&s->out.pending, "key\ttensor\tdtype\tshape\tbegin\tend%s",
		    s->stats ? "\tmin\tmax\tmean\tstd\tnan\tzeros" : "");
		output_line(&s->out);
	}
	read_blobs(s, paths);
	progress_finish(&s->progress);
	if (s->totals)
		totals_print(&s->dataset, s->json, s->header, &s->out);
	output_finish(&s->out);
}

/* ---- options ---- */

static char **
read_options(struct show *s, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'H', "header", NULL, "print the names of the fields first", .flag = &s->header},
	    {'m', "metadata", NULL, "also list __metadata__: key, __metadata__, name and value",
	        .flag = &s->metadata},
	    {0, "stats", NULL,
	        "add minimum, maximum, mean, standard deviation of the finite\n"
	        "elements, and the numbers of NaN and of zeros",
	        .flag = &s->stats},
	    {0, "totals", NULL,
	        "one line per tensor name: patches, count, min, max, mean, std, nan,\n"
	        "inf, nodata, zeros, percentiles 1 2 50 98 99",
	        .flag = &s->totals},
	    {0, "json", NULL, "totals as JSON: {\"B02\": {\"mean\": ...}}", .flag = &s->json},
	    {'b', "bands", NULL, "in totals, count stacks (rsenc-pack -S) as their bands",
	        .flag = &s->bands},
	    {0, "nodata", "VALUE", "in totals, exclude this value and count it apart",
	        .decimal = &s->dataset.nodata},
	    {'M', "max-memory", "SIZE", "with --stats and --totals: largest blob; totals (1G)",
	        .size = &s->max_memory, .min = 1, .max = INT64_MAX},
	    {'q', "quiet", NULL, "show no progress", .flag = &s->quiet},
	    {'v', "verbose", NULL, "report progress every 30 s", .flag = &s->verbose},
	};
	char **paths = options_read(usage, rows, sizeof rows / sizeof *rows, s, argc, argv);
	/* Nothing but totals is printed as JSON. */
	s->totals |= s->json;
	if (s->totals && (s->stats || s->metadata))
		diag_usage("--totals cannot be combined with --stats or -m");
	if (!s->totals && !isnan(s->dataset.nodata))
		diag_usage("--nodata requires --totals");
	if (!s->totals && s->bands)
		diag_usage("-b requires --totals");
	return paths;
}

int
main(int argc, char **argv)
{
	static struct show s = {.max_memory = UINT64_C(1) << 30, .dataset.nodata = (double)NAN};
	char **paths = read_options(&s, argc, argv);
	check_operands(argv, paths, NULL);
	if (!paths[0])
		require_stdin_not_tty("records", "rsenc-pack -r");
	/* Before headers of unknown origin are parsed; files can still be opened for reading. */
	sandbox_enter(NULL);
	run(&s, paths);
	return diag_close_stdout();
}
