/* rsenc-untar: the patches of a dataset out of a tar archive on standard input, to a record
 * stream. */

#include "base/alloc.h"
#include "base/source.h"
#include "archive/tar.h"
#include "cmd/archives.h"
#include "cmd/datasets.h"
#include "cmd/packing.h"
#include "cmd/operands.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/options.h"
#include "scan/tar_stream.h"
#include "stream/record.h"
#include "stream/detect_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-untar [-cIkqv] [-j N] [-f RULES]... [-t LIST] [-S NAME=LIST]... [-A N]\n"
    "                   [-M SIZE] [--damaged=WHAT] [--georeference] DATASET\n"
    "       rsenc-untar --count [-cIqv] [-f RULES]... DATASET\n"
    "Reads a tar archive on standard input and writes the patches of a dataset as records.\n";

struct untar {
	struct packing packing;
	struct datasets sets;
	bool check, count;
	struct source source;
	struct tar_stream_events events;
	struct tar_stream *stream;
	bool ended, damaged; /* there are no more groups; because the archive is damaged */
	uint64_t bad;        /* patches that were reported and skipped */
};

/* ---- what comes out of the archive ---- */

/* A group that is bad is reported and skipped. */
static void
on_group(void *context, const struct assembled *g)
{
	struct untar *u = context;
	if (!g->bad) {
		u->sets.listed[g->rule_number]++;
		return;
	}
	if (datasets_report_bad(&u->sets, g)) {
		u->packing.status = STATUS_BAD;
		u->bad++;
	}
}

static void
on_problem(void *context, const char *path, const char *why)
{
	struct untar *u = context;
	diag_warn("%s: %s", path, why);
	u->packing.status = STATUS_BAD;
}

/* The next group. False when there is none. */
static bool
next_group(struct untar *u, struct stream_group **g)
{
	struct error why;
	int more = tar_stream_next(u->stream, g, &why);
	/* Groups before the damage are still packed, without an end marker. */
	if (more < 0) {
		u->damaged = true;
		diag_warn("standard input: %s", why.text);
	}
	u->ended = more != 1;
	return more == 1;
}

static bool
next_job(void *context, struct packing_job *j)
{
	struct untar *u = context;
	struct stream_group *g;
	if (u->ended || !next_group(u, &g))
		return false;
	/* The files are in memory already, and are not copied: the job keeps them until done(). */
	j->bytes = xreallocarray(j->bytes, g->count, sizeof *j->bytes);
	buf_add(&j->line, g->line, g->line_len);
	for (size_t i = 0; i < g->count; i++)
		j->bytes[i] = (struct packing_bytes){
		    g->files[i]->data, (size_t)g->files[i]->range.size};
	j->own = g;
	return true;
}

static void
done(void *context, struct packing_job *j)
{
	(void)context;
	stream_group_free(j->own);
	j->own = NULL;
}

/* Groups are only counted: their data is skipped, and none is handed out. */
static void
count_groups(struct untar *u)
{
	struct stream_group *g;
	while (next_group(u, &g))
		stream_group_free(g);
	for (size_t i = 0; i < u->sets.selected_count; i++)
		printf("%s\t%" PRIu64 "\n", u->sets.selected[i]->name, u->sets.listed[i]);
}

static void
open_archive(struct untar *u)
{
	struct error why;
	const char *first;
	/* Before it is read as tar: most downloads are compressed. */
	source_start(&u->source, STDIN_FILENO);
	ssize_t len = source_peek(&u->source, FORMAT_BYTES, &first);
	if (len < 0)
		diag_die(STATUS_BAD, "standard input: cannot be read: %s", strerror(errno));
	archives_check_input(first, (size_t)len, u->sets.arguments.data);
	if (tar_check_zeros(STDIN_FILENO, &why) != 0)
		diag_die(STATUS_BAD, "standard input: %s", why.text);
	/* With --count no data is held, so that -M does not matter. */
	u->events = (struct tar_stream_events){u, on_group, on_problem};
	u->stream = tar_stream_new(&u->source, u->sets.selected, u->sets.selected_count, &u->events,
	    u->count ? 0 : u->packing.options.max_memory);
}

/* ---- what came of it ---- */

/* A damage is often found where a checksum or the end of the input is, after patches that it has
 * changed. They must not be taken for good by a later load that skips what is stored. */
static void
report_unproven(const struct untar *u, const char *dataset, uint64_t patches)
{
	const char *es = patches == 1 ? "" : "es";
	if (u->count)
		diag_warn(
		    "%s: %" PRIu64 " complete patch%s before the damage", dataset, patches, es);
	else if (patches > 0)
		diag_warn("%s: %" PRIu64
		          " patch%s read before the damage may be wrong: convert a complete "
		          "archive with 'rsenc-load --replace', which stores them again",
		    dataset, patches, es);
}

static void
finish(struct untar *u, const char *dataset)
{
	struct packing *k = &u->packing;
	struct groups_counts counts = tar_stream_counts(u->stream);
	struct error why;
	uint64_t found = 0;
	for (size_t i = 0; i < u->sets.selected_count; i++)
		found += u->sets.listed[i];
	if (u->damaged) {
		k->status = STATUS_BAD;
		report_unproven(u, dataset, u->count ? found : k->written);
	} else if (u->ended && found == 0 && u->bad == 0 && counts.windows == 0) {
		/* Only if the archive was read to its end. */
		datasets_say_nothing(
		    &u->sets, dataset, "the archive", tar_stream_example(u->stream), &counts);
		k->status = STATUS_BAD;
	}
	/* Not if a bad group ended the run: the number would be too small. */
	if (datasets_report_end(&u->sets, &counts, u->ended && u->check, u->ended && k->verbose))
		k->status = STATUS_BAD;
	/* A stream without an end marker is incomplete, and rsenc-load reports that. */
	if (!u->count && !u->damaged && !k->stopped && record_write_end(STDOUT_FILENO, &why) != 0)
		diag_die(STATUS_BAD, "standard output: %s", why.text);
}

static const char *
read_options(struct untar *u, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'c', "check", NULL, "any other number of groups than the published one is an error",
	        .flag = &u->check},
	    {0, "count", NULL, "only count the patches: one line a rule, its name and the number",
	        .flag = &u->count},
	    DATASETS_OPTIONS(&u->sets),
	    PACKING_OPTIONS(&u->packing, "largest memory for one patch, and for all files of "
	                                 "those\nthat are not complete (1G)"),
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, u, argc, argv);
	check_operands(operands);
	const char *dataset = options_operand(operands, "dataset");
	packing_ready(&u->packing);
	datasets_ready(&u->sets);
	datasets_select(&u->sets, dataset);
	if (u->sets.selected_count == 0)
		datasets_unknown(&u->sets, dataset);
	datasets_warn(&u->sets);
	return dataset;
}

int
main(int argc, char **argv)
{
	struct untar u = {.packing = PACKING_DEFAULTS};
	struct packing *k = &u.packing;
	diag_start(argv[0]);
	const char *dataset = read_options(&u, argc, argv);
	require_stdin_not_tty("a tar archive", "zstd -dc");
	if (!u.count)
		require_stdout_not_tty("a record stream");
	/* A tar of a stranger, read by this process: nothing is unpacked to files. */
	sandbox_enter(NULL);
	sandbox_filter();
	open_archive(&u);
	if (u.count) {
		count_groups(&u);
	} else {
		k->context = &u;
		k->next = next_job;
		k->write = packing_write_record;
		k->done = done;
		progress_start(&k->meter, "packing", 0, PROGRESS_STREAM, k->quiet, k->verbose);
		packing_run(k);
		progress_finish(&k->meter);
	}
	finish(&u, dataset);
	tar_stream_free(u.stream);
	source_free(&u.source);
	datasets_free(&u.sets);
	packing_free(k);
	/* The output of --count is checked here: a full disk must not end with status 0. */
	diag_close_stdout();
	return k->status;
}
