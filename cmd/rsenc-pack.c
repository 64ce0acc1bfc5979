/* rsenc-pack: the TIFF files of a patch to one safetensors blob, or many to a record stream. */

#include "base/bytes.h"
#include "base/file.h"
#include "base/keyset.h"
#include "base/path.h"
#include "base/signals.h"
#include "cmd/packing.h"
#include "cmd/operands.h"
#include "process/sandbox.h"
#include "process/lines.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "process/output.h"
#include "stream/group.h"
#include "stream/record.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-pack [-qv] [-t LIST] [-S NAME=LIST]... [-A N] [-M SIZE]\n"
    "                  [--damaged=WHAT] [--georeference] [LINE]\n"
    "       rsenc-pack -r [-kqv] [-j N] [...] [LINE...]\n"
    "       rsenc-pack -o DIR [-kqv] [-j N] [...] [LINE...]\n"
    "       rsenc-pack --size [-kqv] [-j N] [...] [LINE...]\n"
    "Reads the TIFF files of group lines (operands, or stdin) and writes safetensors.\n";

struct pack {
	struct packing packing;
	bool records;
	const char *output;    /* -o */
	struct keyset written; /* files of this run, by device and inode */
	struct lines lines;
};

/* ---- groups and blobs ---- */

/* The next line that is not blank. */
static bool
next_line(void *context, const char **line, size_t *len)
{
	struct pack *p = context;
	bool got;
	do {
		got = lines_next(&p->lines, line, len);
	} while (got && group_is_blank(*line, *len));
	if (p->lines.failed)
		exit(STATUS_BAD);
	return got;
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
	buf_add(&j->line, line, len);
	return true;
}

static const char ending[] = ".safetensors";

/* Which file a path leads to, as a hash of its identity; 0: none. The name itself says nothing:
 * each file system has its own rules of what are the same letters, and none tells them. */
static uint64_t
identity(const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return 0;
	uint64_t numbers[2] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino};
	return hash_bytes(numbers, sizeof numbers);
}

/* Of -o: what was in DIR is replaced, but never what the same run has written. */
static int
write_file(void *context, const struct packing_job *j, struct error *why)
{
	struct pack *p = context;
	const char *key = j->group.key;
	size_t key_len = j->group.key_len;
	char name[NAME_MAX + 1];
	/* No escaping: two keys could become one name, and who reads the files looks for the
	 * key. Keys '.' and '..' are names here, as the ending follows. */
	bool bad = memchr(key, '/', key_len) || memchr(key, 0, key_len);
	if (bad || key_len + strlen(ending) > NAME_MAX) {
		error_set(why, "the key %s a file name: write a record stream with -r",
		    bad ? "cannot be" : "is too long for");
		return 1;
	}
	snprintf(name, sizeof name, "%s%s", key, ending);
	char *path = path_join(p->output, name);
	uint64_t old = identity(path);
	int status = 0;
	/* Only what this run wrote: files of another run are replaced, which makes a second run
	 * possible. */
	if (old != 0 && keyset_has(&p->written, old)) {
		error_set(why,
		    "this run already wrote %s: duplicate key, or one that differs only in letters "
		    "that the file system does not distinguish: write all of them with -r",
		    name);
		status = 1;
	} else if (file_write_atomically(path, j->blob.data, j->blob.len, why) != 0) {
		status = error_prefix(why, "%s", path);
	} else {
		/* The file is renamed to its place, so the path leads to a new inode each time. */
		keyset_add(&p->written, identity(path));
	}
	free(path);
	return status;
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
		return error_set(why, "more than one group line: use -r to write a record stream, "
		                      "or -o DIR to write a file for each");
	output_bytes(j->blob.data, j->blob.len);
	return 0;
}

/* ---- options ---- */

/* An operand without a tab: the shell has expanded the braces of -S or -t, so that NAME=B{02..04}
 * became several operands, or there is something else in place of the tab. */
static void
check_line(const char *line)
{
	const char *names = line + strcspn(line, " \\="), *path = strchr(line, '=');
	names = *names == '=' ? line : *names == '\\' ? names + 2 : names + 1;
	if (strchr(line, '\t') || group_is_blank(line, strlen(line)))
		return;
	if (path && access(path + 1, F_OK) == 0)
		diag_usage("%s: not a group line: no tab after the key: run 'rsenc-pack "
		           "\"$(printf \"KEY\\t%%s\" %s)\"'",
		    line, shell_quoted(names));
	if (access(line, F_OK) != 0)
		diag_usage(
		    "%s: not a group line: no tab (KEY<TAB>NAMES=PATH), and no such file: if "
		    "it belongs to -S or -t, quote the braces: -S 'NAME=B{02..04}'",
		    line);
	diag_usage("%s: not a group line (%s): group lines come from 'rsenc-scan DATASET DIR'",
	    line, format_name(operand_format(line)));
}

/* A bad line among good ones is a bad patch, which -k skips, unless it can only be of -S or -t. */
static void
check_lines(char **operands)
{
	bool lines = false;
	for (char **o = operands; *o; o++)
		lines |= strchr(*o, '\t') != NULL;
	for (char **o = operands; *o; o++) {
		if (!lines || (strchr(*o, '=') && !strpbrk(*o, " \t/\\")))
			check_line(*o);
	}
}

static char **
read_options(struct pack *p, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'r', "records", NULL, "a record stream, for rsenc-load", .flag = &p->records},
	    {'o', "output", "DIR", "a file DIR/KEY.safetensors for each group", .text = &p->output},
	    {0, "size", NULL, "print the bytes of all blobs, from headers, and their number",
	        .flag = &p->packing.options.headers_only},
	    PACKING_OPTIONS(&p->packing, "largest memory for one group (1G)"),
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, p, argc, argv);
	if (p->records + !!p->output + p->packing.options.headers_only > 1)
		diag_usage("-r, -o and --size cannot be combined");
	/* A variable that is not set: "" would be the root. */
	if (p->output && !*p->output)
		diag_usage("-o: the name is empty");
	packing_ready(&p->packing);
	return operands;
}

/* Ends the output as the run ended: only a complete stream has an end marker. */
static void
pack_finish(struct pack *p)
{
	struct packing *k = &p->packing;
	uint64_t all = k->progress.count + k->skipped;
	struct error why;
	/* Without -k it is the one group that ended the run, and its line is the last. */
	if (k->keep_going && k->skipped > 0)
		diag_warn("skipped %" PRIu64 " of %" PRIu64 " %s", k->skipped, all,
		    progress_patches(all));
	if (signals_received()) {
		diag_warn("stopped by signal %d: %" PRIu64
		          " %s written: run the same command to write them all",
		    signals_received(), k->progress.count, progress_patches(k->progress.count));
	} else if (k->options.headers_only) {
		printf("%" PRIu64 "\t%" PRIu64 "\n", k->progress.bytes, k->progress.count);
	} else if (p->records && (diag_status() == STATUS_OK || k->keep_going)) {
		/* With -k what is good is a whole stream, and the status tells of the rest.
		 * Without, the reader must see that it is not. */
		if (record_write_end(STDOUT_FILENO, &why) != 0)
			diag_die(STATUS_BAD, "standard output: %s", why.text);
	} else if (!p->records && !p->output && k->progress.count == 0 &&
	           diag_status() == STATUS_OK) {
		diag_die(STATUS_BAD, "standard input contains no group line: group lines come from "
		                     "'rsenc-scan DATASET DIR'");
	}
}

/* Of -o: the last part of its path only, for a typing error must not make a tree. */
static void
make_directory(const char *path)
{
	struct stat st;
	int bad = mkdir(path, 0777) == 0 ? 0 : errno;
	if (bad == ENOENT)
		diag_die(STATUS_BAD, "%s: cannot be created: no such directory: run 'mkdir -p %s'",
		    path, shell_quoted(path));
	if (bad && (bad != EEXIST || stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
		diag_die(STATUS_BAD, "%s: cannot be created: %s", path,
		    bad == EEXIST ? "exists and is not a directory" : strerror(bad));
}

int
main(int argc, char **argv)
{
	static struct pack p = {.packing.options.max_memory = UINT64_C(1) << 30};
	struct packing *k = &p.packing;
	char **operands = read_options(&p, argc, argv);
	check_operands(argv, operands, NULL);
	check_lines(operands);
	if (!operands[0])
		require_stdin_not_tty("group lines", "rsenc-scan");
	if (p.output)
		/* Made while there are rights to: from sandbox_enter on files can be made only
		 * below it. */
		make_directory(p.output);
	if (!p.output && !k->options.headers_only)
		require_stdout_not_tty(p.records ? "a record stream" : "a safetensors blob");
	/* One blob is written by the thread that looks for a second line. */
	if (!p.output && !p.records && !k->options.headers_only)
		k->jobs = 1;
	/* Before the first line is read: libtiff and its codecs parse what strangers wrote. */
	sandbox_enter(p.output);
	/* A file that is begun is finished. Records and bare blobs have a reader that sees their
	 * end. */
	if (p.output)
		signals_catch();
	lines_start(&p.lines, operands, NULL);
	k->context = &p;
	k->next = next_job;
	k->write = k->options.headers_only ? NULL
	           : p.records             ? packing_write_record
	           : p.output              ? write_file
	                                   : write_blob;
	progress_start(&k->progress, "packing", 0, p.output ? PROGRESS_ALONE : PROGRESS_STREAM,
	    k->quiet, k->verbose);
	packing_run(k);
	progress_finish(&k->progress);
	pack_finish(&p);
	if (!p.output)
		diag_close_stdout();
	return signals_received() ? 128 + signals_received() : diag_status();
}
