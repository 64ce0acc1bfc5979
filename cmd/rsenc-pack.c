/* rsenc-pack: the TIFF files of a patch to one safetensors blob, or many to a record stream. */

#include "base/hash.h"
#include "base/keyset.h"
#include "base/newfile.h"
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
#include "stream/recordfile.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-pack [-qv] [-t LIST] [-S NAME=LIST]... [-A N] [-M SIZE] [LINE]\n"
    "       rsenc-pack -r [-kqv] [-j N] [...] [LINE...]\n"
    "       rsenc-pack -w FILE [-kqv] [-j N] [...] [LINE...]\n"
    "       rsenc-pack -o DIR [-kqv] [-j N] [...] [LINE...]\n"
    "Reads the TIFF files of group lines (operands, or stdin) and writes safetensors.\n";

struct pack {
	struct packing packing;
	bool records;
	const char *output; /* -o */
	struct blobfiles files;
	const char *file; /* -w */
	struct newfile new_file;
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

/* Of -o: a key that is no file name is a bad group, and with -k not the end. */
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
	/* Two keys may be one file, where the file system does not tell upper from lower case: the
	 * second is refused, and does not replace the first in silence. It is known only here, in
	 * the order of the input. */
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
	/* Looked at before the blob is written: of two groups nothing is written at all. */
	if (next_line(p, &line, &len))
		return error_set(why, "more than one group: -r writes a record stream, "
		                      "-o DIR a file for each");
	return output_bytes(j->blob.data, j->blob.len, why);
}

/* ---- -w: a file of records, whole or not at all ---- */

/* For atexit(3), which passes nothing. */
static struct newfile *unfinished;

/* Also when the command dies of an error. */
static void
drop_unfinished(void)
{
	if (unfinished)
		newfile_abandon(unfinished);
}

static int
write_file_record(void *context, const struct packing_job *j, struct error *why)
{
	const struct pack *p = context;
	struct iovec data = {.iov_base = j->blob.data, .iov_len = j->blob.len};
	if (record_write(p->new_file.fd, j->group.key, j->group.key_len, &data, 1, why) == 0)
		return 0;
	return error_within(why, "%s", p->file);
}

/* The file is there already: it must hold all that the input asks for. Input is read to its end, so
 * that a command that writes it into a pipe ends well. Returns the status. */
static int
check_whole(struct pack *p, const struct keyset *keys, uint64_t records)
{
	uint64_t groups = 0, missing = 0;
	struct buf key = {0}, first = {0};
	struct error why;
	const char *line;
	size_t len;
	while (!stop_signal() && next_line(p, &line, &len)) {
		groups++;
		key.len = 0;
		/* A line without a key counts as missing: it is not in the file either. */
		if (group_key(line, len, &key, &why) == 0 &&
		    keyset_has(keys, hash_bytes(key.data, key.len)))
			continue;
		if (missing++ == 0 && buf_add(&first, key.data, key.len) != 0)
			diag_die(STATUS_BAD, "out of memory");
	}
	if (stop_signal())
		return 128 + stop_signal();
	if (missing > 0)
		diag_warn("%s: is there and complete, but %" PRIu64 " of %" PRIu64
		          " patches are not in it, first %.*s: remove it to pack them all anew",
		    p->file, missing, groups, (int)first.len, first.data);
	else if (p->packing.verbose)
		diag_warn("%s: is there and complete, with %" PRIu64 " patches: nothing to do",
		    p->file, records);
	buf_free(&key);
	buf_free(&first);
	return missing > 0 ? STATUS_BAD : STATUS_OK;
}

/* Begins the file, unless it is there: then *status is what came of that. */
static bool
begin_file(struct pack *p, int *status)
{
	struct keyset keys = {0};
	uint64_t records = 0;
	struct error why;
	/* A task of a job array may be requeued, or run twice: a file that is whole is left as it
	 * is, so that the same command can be given again and again. */
	enum recordfile there = recordfile_look(p->file, &keys, &records, &why);
	/* -w groups.tsv, for groups.rec, must not cost the user the list. */
	if (there == RECORDFILE_OTHER)
		diag_die(STATUS_BAD, "%s: is there and is not replaced: %s", p->file, why.text);
	if (there == RECORDFILE_WHOLE)
		*status = check_whole(p, &keys, records);
	keyset_free(&keys);
	if (there == RECORDFILE_WHOLE)
		return false;
	if (there == RECORDFILE_CUT && records > 0)
		diag_warn("%s: is there and was cut off: packing it anew", p->file);
	/* Only now: a run that finds nothing to do lists no directory. */
	newfile_clean(p->file);
	if (newfile_begin(&p->new_file, p->file, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", p->file, why.text);
	unfinished = &p->new_file;
	atexit(drop_unfinished);
	return true;
}

static void
finish_file(struct pack *p)
{
	struct error why;
	/* A shard that lacks groups must not look like a whole one. A whole one gets its end
	 * marker, then is synced, renamed, and its directory synced (base/newfile): whoever finds
	 * the file by its name finds all of it, also after a loss of power. */
	if (p->packing.status != STATUS_OK && !p->packing.keep_going) {
		newfile_abandon(&p->new_file);
		diag_warn("%s: was not made: with -k it holds what is good", p->file);
	} else if (record_write_end(p->new_file.fd, &why) != 0 ||
	           newfile_commit(&p->new_file, true, &why) != 0) {
		diag_die(STATUS_BAD, "%s: %s", p->file, why.text);
	}
}

/* The directory that a file is in: what the command keeps its rights to. */
static const char *
directory_of(const char *path)
{
	static char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	/* Also of "FILE" and "/FILE". */
	int len = slash == path ? 1 : slash ? (int)(slash - path) : 0;
	snprintf(directory, sizeof directory, "%.*s", len, path);
	return len > 0 ? directory : ".";
}

/* ---- options ---- */

static char **
read_options(struct pack *p, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'r', "records", NULL, "a record stream, for rsenc-load", .flag = &p->records},
	    {'o', "output", "DIR", "a file DIR/KEY.safetensors for each group", .text = &p->output},
	    {'w', "write", "FILE",
	        "a record stream in FILE, whole or not at all; kept if it is there",
	        .text = &p->file},
	    PACKING_OPTIONS(&p->packing, "largest memory for one group (1G)"),
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, p, argc, argv);
	if (p->records + !!p->output + !!p->file > 1)
		diag_usage("-r, -o and -w can't be used together");
	/* A variable that is not set: "" would be the root, or nothing. */
	if ((p->output && !*p->output) || (p->file && !*p->file))
		diag_usage("%s: the name is empty", p->output ? "-o" : "-w");
	packing_ready(&p->packing);
	return operands;
}

static void
limit_jobs(struct pack *p, char **operands)
{
	unsigned most = 0;
	while (most < JOBS_MAX && operands[most])
		most++;
	/* Under xargs -P each process has a few operands, and all cores are taken by the others. */
	if (most > 0 && p->packing.jobs > most)
		p->packing.jobs = most;
	/* One blob is written by the thread that looks for a second line. */
	if (!p->output && !p->records && !p->file)
		p->packing.jobs = 1;
}

/* Ends the output as the run ended: only a complete stream has an end marker. */
static void
pack_finish(struct pack *p)
{
	struct packing *k = &p->packing;
	struct error why;
	if (stop_signal()) {
		/* Where the whole is another command, that one knows how to go on. */
		const char *advice =
		    p->file     ? ": the file was not made, the same command begins anew"
		    : p->output ? ": their files are whole, the same command writes all anew"
		                : ": go on with those that rsenc-missing passes";
		/* Harmless where there is none. */
		newfile_abandon(&p->new_file);
		diag_stopped("stopped by signal %d after %" PRIu64 " patches%s", stop_signal(),
		    k->written, advice);
		k->status = 128 + stop_signal();
	} else if (p->file) {
		finish_file(p);
	} else if (p->records && (k->status == STATUS_OK || k->keep_going)) {
		/* With -k what is good is a whole stream, and the status tells of the rest.
		 * Without, the reader must see that it is not. */
		if (record_write_end(STDOUT_FILENO, &why) != 0)
			diag_die(STATUS_BAD, "standard output: %s", why.text);
	} else if (!p->records && !p->output && k->written == 0 && k->status == STATUS_OK) {
		diag_die(STATUS_BAD, "no group line: rsenc-scan writes them");
	}
}

/* Of -o: the last part of its path only, for a typing error must not make a tree. */
static void
make_directory(const char *path)
{
	struct stat st;
	if (mkdir(path, 0777) == 0)
		return;
	if (errno != EEXIST)
		diag_die(STATUS_BAD, "%s: can't be made: %s%s", path, strerror(errno),
		    errno == ENOENT ? ": mkdir -p makes what it lies in, too" : "");
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		diag_die(STATUS_BAD, "%s: is there, and is no directory", path);
}

int
main(int argc, char **argv)
{
	struct pack p = {.packing = PACKING_DEFAULTS, .new_file = {.fd = -1}};
	struct packing *k = &p.packing;
	diag_start(argv[0]);
	char **operands = read_options(&p, argc, argv);
	if (!operands[0])
		diag_need_input("group lines", "rsenc-scan");
	if (p.output)
		/* Made while there are rights to: from confine on files can be made only below
		 * it. */
		make_directory(p.output);
	if (!p.output && !p.file)
		diag_refuse_terminal(p.records ? "a record stream" : "a safetensors blob");
	limit_jobs(&p, operands);
	p.files.dir = p.output;
	/* Before the first line is read: libtiff and its codecs parse what strangers wrote. */
	confine(p.file ? directory_of(p.file) : p.output);
	stop_catch();
	lines_start(&p.lines, operands, STDIN_FILENO);
	k->context = &p;
	k->next = next_job;
	k->check = p.output ? check_file_name : NULL;
	k->write = p.records  ? packing_write_record
	           : p.file   ? write_file_record
	           : p.output ? write_file
	                      : write_blob;
	if (!p.file || begin_file(&p, &k->status)) {
		meter_start(&k->meter, "packing", 0,
		    p.output || p.file ? METER_ALONE : METER_STREAM, k->quiet, k->verbose);
		packing_run(k);
		meter_finish(&k->meter);
		packing_tell_left_out(k);
		pack_finish(&p);
	}
	lines_finish(&p.lines);
	blobfiles_free(&p.files);
	packing_free(k);
	diag_close_stdout();
	return k->status;
}
