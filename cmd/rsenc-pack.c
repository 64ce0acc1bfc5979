/* rsenc-pack: the TIFF files of a patch to one safetensors blob, or many to a record stream. */

#include "base/stop.h"
#include "cmd/packing.h"
#include "pack/blobfile.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "process/options.h"
#include "stream/group.h"
#include "stream/lines.h"
#include "stream/output.h"
#include "stream/record.h"

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

struct pack {
	struct packing packing;
	bool records;
	const char *output; /* -o */
	struct blobfiles files;
	struct lines lines;
};

/* ---- groups and blobs ---- */

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
next_job(void *context, struct packing_job *j)
{
	struct pack *p = context;
	const char *line;
	size_t len;
	if (!next_line(p, &line, &len))
		return false;
	j->number = p->lines.number;
	if (buf_add(&j->line, line, len) != 0)
		diag_die(STATUS_BAD, "line %lu: out of memory", j->number);
	return true;
}

static int
check_file_name(void *context, const struct group *g, struct error *why)
{
	(void)context;
	return blobfile_check(g->key, g->key_len, why);
}

static int
write_file(void *context, const struct packing_job *j, struct error *why)
{
	struct pack *p = context;
	if (blobfile_check_new(&p->files, j->group.key, why) != 0)
		return 1;
	return blobfile_write(&p->files, j->group.key, j->blob.data, j->blob.len, why);
}

/* A bare blob has no key and no end: there can be only one. */
static int
write_blob(void *context, const struct packing_job *j, struct error *why)
{
	struct pack *p = context;
	const char *line;
	size_t len;
	if (next_line(p, &line, &len))
		return error_set(why, "more than one group: -r writes a record stream, "
		                      "-o DIR a file for each");
	return output_bytes(j->blob.data, j->blob.len, why);
}

/* ---- options ---- */

static char **
read_options(struct pack *p, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'r', "records", NULL, "a record stream, for rsenc-load", .flag = &p->records},
	    {'o', "output", "DIR", "a file DIR/KEY.safetensors for each group", .text = &p->output},
	    PACKING_OPTIONS(&p->packing, "largest memory for one group (1G)"),
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, p, argc, argv);
	if (p->records && p->output)
		diag_usage("-r and -o can't be used together");
	packing_ready(&p->packing);
	return operands;
}

static void
limit_jobs(struct pack *p, char **operands)
{
	unsigned most = 0;
	while (operands[most] && most < JOBS_MAX)
		most++;
	/* Under xargs -P each process has a few operands, and all cores are taken by the others. */
	if (most > 0 && p->packing.jobs > most)
		p->packing.jobs = most;
	/* One blob is written by the thread that looks for a second line. */
	if (!p->output && !p->records)
		p->packing.jobs = 1;
}

/* Ends the output as the run ended: only a complete stream has an end marker. */
static void
finish(struct pack *p)
{
	struct packing *k = &p->packing;
	struct error why;
	if (stop_signal()) {
		/* Where the whole is another command, that one knows how to go on. */
		const char *advice = getenv("RSENC_RESUME")
		                         ? ""
		                         : ": go on with those that rsenc-missing passes";
		diag_warn("stopped by signal %d after %" PRIu64 " groups%s", stop_signal(),
		    k->written, advice);
		k->status = 128 + stop_signal();
	} else if (p->records && (k->status == STATUS_OK || k->keep_going)) {
		if (record_write_end(STDOUT_FILENO, &why) != 0)
			diag_die(STATUS_BAD, "standard output: %s", why.text);
	} else if (!p->records && !p->output && k->written == 0 && k->status == STATUS_OK) {
		diag_die(STATUS_BAD, "no group line: rsenc-scan writes them");
	}
}

int
main(int argc, char **argv)
{
	struct pack p = {.packing = PACKING_DEFAULTS};
	struct packing *k = &p.packing;
	diag_start(argv[0]);
	char **operands = read_options(&p, argc, argv);
	if (p.output && mkdir(p.output, 0777) != 0 && errno != EEXIST)
		diag_die(STATUS_BAD, "%s: can't be made: %s", p.output, strerror(errno));
	if (!p.output)
		diag_refuse_terminal(p.records ? "a record stream" : "a safetensors blob");
	limit_jobs(&p, operands);
	p.files.dir = p.output;
	confine(p.output);
	stop_catch();
	lines_start(&p.lines, operands, STDIN_FILENO);
	k->context = &p;
	k->next = next_job;
	k->check = p.output ? check_file_name : NULL;
	k->write = p.records ? packing_write_record : p.output ? write_file : write_blob;
	meter_start(
	    &k->meter, "packing", 0, p.output ? METER_ALONE : METER_STREAM, k->quiet, k->verbose);
	packing_run(k);
	meter_finish(&k->meter);
	packing_tell_left_out(k);
	finish(&p);
	lines_finish(&p.lines);
	blobfiles_free(&p.files);
	packing_free(k);
	diag_close_stdout();
	return k->status;
}
