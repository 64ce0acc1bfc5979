/* rsenc-show: a line for each tensor of safetensors blobs or record streams. */

#include "base/stop.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "stream/blobs.h"
#include "stream/group.h"
#include "tensor/stats.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: rsenc-show [-Hmqsv] [-M SIZE] [FILE...]\n"
    "Lists the tensors of safetensors blobs and record streams (stdin without FILE):\n"
    "key, tensor, dtype, shape, begin and end of its data, separated by tabs.\n"
    "\n"
    "  -H, --header           first a line with the names of the fields\n"
    "  -m, --metadata         also the entries of __metadata__: key, __metadata__, name, value\n"
    "  -s, --stats            add min, max, mean, std of finite elements, counts of NaN and zeros\n"
    "  -M, --max-memory=SIZE  with -s, largest blob (1G)\n"
    "  -q, --quiet            no meter\n"
    "  -v, --verbose          a line of progress every 30 s\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

static const struct option long_options[] = {
    {"header", no_argument, NULL, 'H'},
    {"metadata", no_argument, NULL, 'm'},
    {"stats", no_argument, NULL, 's'},
    {"max-memory", required_argument, NULL, 'M'},
    DIAG_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct show {
	bool header, metadata, stats, quiet, verbose;
	uint64_t max_memory;
	struct input input;
	struct buf text; /* the lines of one blob */
	struct meter meter;
};

/* ---- text ---- */

static void
add(struct show *s, const char *text)
{
	if (buf_add(&s->text, text, strlen(text)) != 0)
		diag_die(STATUS_BAD, "out of memory");
}

static void
add_escaped(struct show *s, const char *bytes, size_t len)
{
	if (group_escape(&s->text, bytes, len) != 0)
		diag_die(STATUS_BAD, "out of memory");
}

static void
add_number(struct show *s, const char *before, uint64_t n)
{
	char text[32];
	snprintf(text, sizeof text, "%" PRIu64, n);
	add(s, before);
	add(s, text);
}

static void
add_key_and_name(struct show *s, const char *name)
{
	add_escaped(s, s->input.key, s->input.key_len);
	add(s, "\t");
	add_escaped(s, name, strlen(name));
}

static void
add_stats(struct show *s, const struct tensor *t)
{
	struct stats stats;
	char number[4][DECIMAL_SIZE];
	uint64_t count = (t->end - t->begin) / dtype_size(t->dtype);
	stats_of(t->dtype, s->input.data + t->begin, count, &stats);
	stats_limits(&stats, number[0], number[1]);
	decimal_double(number[2], stats.mean);
	decimal_double(number[3], stats.std);
	for (int i = 0; i < 4; i++) {
		add(s, "\t");
		add(s, number[i]);
	}
	add_number(s, "\t", stats.nan);
	add_number(s, "\t", stats.zeros);
}

static void
add_tensor(struct show *s, const struct tensor *t)
{
	add_key_and_name(s, t->name);
	add(s, "\t");
	add(s, dtype_name(t->dtype));
	add(s, t->rank == 0 ? "\t-" : "\t");
	for (unsigned i = 0; i < t->rank; i++)
		add_number(s, i > 0 ? "x" : "", t->shape[i]);
	add_number(s, "\t", t->begin);
	add_number(s, "\t", t->end);
	if (s->stats)
		add_stats(s, t);
	add(s, "\n");
}

static void
add_metadata(struct show *s, const struct metadata *m)
{
	add_key_and_name(s, "__metadata__");
	add(s, "\t");
	add_escaped(s, m->key, strlen(m->key));
	add(s, "\t");
	add_escaped(s, m->value, strlen(m->value));
	add(s, "\n");
}

/* ---- the run ---- */

static void
write_text(struct show *s)
{
	if (s->text.len > 0 && fwrite(s->text.data, 1, s->text.len, stdout) != s->text.len)
		diag_close_stdout();
	s->text.len = 0;
}

static void
show_blob(struct show *s)
{
	const struct safetensors *blob = &s->input.blob;
	for (size_t i = 0; s->metadata && i < blob->metadata_count; i++)
		add_metadata(s, &blob->metadata[i]);
	for (size_t i = 0; i < blob->count; i++)
		add_tensor(s, &blob->tensors[i]);
	write_text(s);
	meter_add(&s->meter, 1, s->input.size);
}

static int
run(struct show *s, char **paths)
{
	int status = STATUS_OK;
	struct error why;
	enum input_status got;
	if (s->header) {
		add(s, "key\ttensor\tdtype\tshape\tbegin\tend");
		add(s, s->stats ? "\tmin\tmax\tmean\tstd\tnan\tzeros\n" : "\n");
		write_text(s);
	}
	input_start(&s->input, paths, s->stats, s->max_memory);
	while ((got = input_next(&s->input, &why)) == INPUT_OK || got == INPUT_BAD) {
		if (got == INPUT_OK) {
			show_blob(s);
			continue;
		}
		diag_warn("%s: %s", input_label(&s->input), why.text);
		status = STATUS_BAD;
	}
	if (got == INPUT_STOPPED) {
		diag_warn(
		    "stopped by signal %d after %" PRIu64 " blobs", stop_signal(), s->input.count);
		status = 128 + stop_signal();
	}
	input_finish(&s->input);
	return status;
}

int
main(int argc, char **argv)
{
	struct show s = {.max_memory = UINT64_C(1) << 30};
	int option;
	diag_start(argv[0]);
	while ((option = getopt_long(argc, argv, "HmsM:qvhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'H':
			s.header = true;
			break;
		case 'm':
			s.metadata = true;
			break;
		case 's':
			s.stats = true;
			break;
		case 'M':
			s.max_memory = diag_size("-M", optarg, 1, INT64_MAX);
			break;
		case 'q':
			s.quiet = true;
			break;
		case 'v':
			s.verbose = true;
			break;
		default:
			diag_common_option(option, help);
		}
	}
	stop_catch();
	confine(NULL);
	meter_start(&s.meter, "blobs", 0, s.quiet || isatty(STDOUT_FILENO), s.verbose);
	int status = run(&s, argv + optind);
	meter_finish(&s.meter);
	buf_free(&s.text);
	diag_close_stdout();
	return status;
}
