/* rsenc-untar: the patches of a dataset out of tar archives, compressed or not, to a record
 * stream. */

#include "base/source.h"
#include "cmd/archives.h"
#include "cmd/datasets.h"
#include "cmd/packing.h"
#include "cmd/operands.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/options.h"
#include "scan/scan.h"
#include "stream/record.h"
#include "stream/detect_format.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-untar [-cIkqv] [-j N] [-f RULES]... [-t LIST] [-S NAME=LIST]... [-A N]\n"
    "                   [-M SIZE] [--damaged=WHAT] [--georeference] [--no-archive-test]\n"
    "                   DATASET [ARCHIVE...]\n"
    "Reads tar archives, compressed or not, or a tar archive on standard input, and writes the\n"
    "patches of a dataset as records.\n";

struct untar {
	struct packing packing;
	struct datasets sets;
	bool no_test;
	char **paths; /* none: standard input */
	FILE *pipe;   /* from them */
	struct source source;
	struct scan *scan;
	bool ended, damaged; /* all groups were returned; the archive ended in damage */
	uint64_t bad;        /* patches that were reported and skipped */
};

/* ---- what comes out of the archive ---- */

/* The next complete group, or NULL. Others are reported and skipped. */
static const struct assembled *
next_group(struct untar *u)
{
	struct scan_item item;
	enum scan_what what;
	while ((what = scan_next(u->scan, &item)) != SCAN_END) {
		if (what == SCAN_GROUP && !item.group->bad) {
			item.group->rule->listed++;
			return item.group;
		}
		bool problem = what == SCAN_PROBLEM || what == SCAN_DAMAGE;
		bool bad = what == SCAN_GROUP && datasets_report_bad(&u->sets, item.group);
		if (problem)
			diag_bad("%s: %s", item.path, item.why);
		u->bad += bad;
		/* Groups before the damage are still packed, without an end marker. */
		u->damaged |= what == SCAN_DAMAGE;
	}
	u->ended = true;
	return NULL;
}

static bool
next_job(void *context, struct packing_job *j)
{
	struct untar *u = context;
	const struct assembled *g = u->ended ? NULL : next_group(u);
	if (!g)
		return false;
	assembled_line(g, &j->line);
	/* The files are in memory already, and are not copied: the job has them. */
	for (size_t i = 0; i < g->count; i++) {
		struct archive_file *file = g->files[i].in_archive;
		struct packing_bytes bytes = {file->data, (size_t)file->range.size};
		buf_add(&j->bytes, &bytes, sizeof bytes);
		file->data = NULL;
	}
	return true;
}

/* Before the first byte of a stranger is parsed, by this process: nothing is unpacked to files. */
static void
open_archive(struct untar *u)
{
	static char *name[] = {"standard input", NULL};
	const char *first;
	if (*u->paths)
		u->pipe = archives_open(u->paths);
	source_start(&u->source, u->pipe ? fileno(u->pipe) : STDIN_FILENO);
	sandbox_enter(NULL);
	/* Before it is read as tar: most downloads are compressed. */
	ssize_t len = source_peek(&u->source, FORMAT_BYTES, &first);
	if (len < 0)
		diag_die(STATUS_BAD, "standard input: cannot be read: %s", strerror(errno));
	if (u->pipe)
		*name = u->paths[1] ? "the archives" : *u->paths;
	else
		archives_check_input(first, (size_t)len);
	u->scan = scan_new(u->sets.selected, u->sets.selected_count, name, 1, &u->source,
	    u->packing.options.max_memory);
}

/* ---- what came of it ---- */

/* A damage is often found where a checksum or the end of the input is, after patches that it has
 * changed. They must not be taken for good by a later load that skips what is stored. A wrapper
 * has its own way. */
static void
report_unproven(const char *dataset, uint64_t patches)
{
	if (patches > 0)
		diag_warn("%s: %" PRIu64 " patch%s read before the damage may be wrong: %s",
		    dataset, patches, patches == 1 ? "" : "es",
		    run_by_wrapper() ? "download the archive again"
		                     : "convert a complete archive with 'rsenc-load --replace', "
		                       "which stores them again");
}

static void
finish(struct untar *u, const char *dataset)
{
	struct packing *k = &u->packing;
	struct groups_counts counts = scan_counts(u->scan);
	struct error why;
	uint64_t found = k->progress.count + k->skipped;
	/* One that is not read to its end may fail by that. */
	if (u->pipe && pclose(u->pipe) != 0 && u->ended && !u->damaged) {
		diag_bad("the archive cannot be decompressed to its end (see above)");
		u->damaged = true;
	}
	if (u->damaged) {
		report_unproven(dataset, k->progress.count);
	} else if (u->ended && found == 0 && u->bad == 0 && counts.windows == 0) {
		/* Only if the archive was read to its end. */
		datasets_say_nothing(&u->sets, dataset, "the archive", counts.example);
	}
	/* Not if a bad group ended the run: the numbers would be too small. */
	if (u->ended && !u->damaged)
		datasets_report_end(&u->sets, &counts, k->verbose);
	/* A stream without an end marker is incomplete, and rsenc-load reports that. */
	if (!u->damaged && !k->stopped && record_write_end(STDOUT_FILENO, &why) != 0)
		diag_die(STATUS_BAD, "standard output: %s", why.text);
}

static const char *
read_options(struct untar *u, int argc, char **argv)
{
	const struct option_row rows[] = {
	    DATASETS_OPTIONS(&u->sets),
	    {0, "no-archive-test", NULL, "do not test the checksums of archives first",
	        .flag = &u->no_test},
	    PACKING_OPTIONS(&u->packing, "largest memory for one patch, and for all files of "
	                                 "those\nthat are not complete (1G)"),
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, u, argc, argv);
	check_operands(argv, operands, "DATASET");
	u->paths = operands + 1;
	packing_ready(&u->packing);
	datasets_ready(&u->sets);
	datasets_select(&u->sets, *operands);
	if (u->sets.selected_count == 0)
		datasets_unknown(&u->sets, *operands, "");
	return *operands;
}

int
main(int argc, char **argv)
{
	static struct untar u = {.packing.options.max_memory = UINT64_C(1) << 30};
	struct packing *k = &u.packing;
	const char *dataset = read_options(&u, argc, argv);
	if (!*u.paths)
		require_stdin_not_tty("a tar archive", "zstd -dc");
	require_stdout_not_tty("a record stream");
	archives_check_stream(u.paths);
	if (!u.no_test)
		archives_test(u.paths, k->quiet);
	open_archive(&u);
	k->context = &u;
	k->next = next_job;
	k->write = packing_write_record;
	progress_start(&k->progress, "packing", 0, PROGRESS_STREAM, k->quiet, k->verbose);
	packing_run(k);
	progress_finish(&k->progress);
	finish(&u, dataset);
	scan_free(u.scan);
	source_free(&u.source);
	return diag_close_stdout();
}
