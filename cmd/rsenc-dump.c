/* rsenc-dump: an LMDB database, or some of its keys, to a record stream. */

#include "cmd/database.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "stream/keylist.h"
#include "stream/lines.h"
#include "stream/output.h"
#include "stream/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: rsenc-dump [-kqv] [-K FILE] DB... [KEY...]\n"
                            "       rsenc-dump -b KEY DB...\n"
                            "Writes the records of LMDB databases or record files, all or those of "
                            "some keys, in the order\n"
                            "of keys. What is neither, after the first, is a key.\n";

struct dump {
	char **paths; /* of the databases */
	size_t count;
	const char *blob, *from; /* -b, -K */
	bool keys, quiet, verbose;
	bool some; /* only those in `wanted` */
	struct keylist wanted;
	struct several *several;
	struct output out;
	struct progress meter;
	uint64_t differ; /* keys that were told */
	int status;
};

/* ---- the keys that are asked for ---- */

static void
dump_take_lines(struct dump *d, const char *source, struct lines *lines)
{
	const char *line;
	size_t len;
	struct error why;
	int got;
	while ((got = lines_next(lines, &line, &len, &why)) > 0) {
		/* A bad line of a list is named, and the other keys are written all the same. */
		if (len > 0 && keylist_add(&d->wanted, line, len, &why) != 0) {
			diag_warn("%s: line %lu: %s", source, lines->number, why.text);
			d->status = STATUS_BAD;
		}
	}
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %s", source, why.text);
	lines_finish(lines);
}

static void
dump_take_keys(struct dump *d, char **operands)
{
	struct lines lines;
	struct error why;
	d->some = *operands || d->from || d->blob;
	if (*operands) {
		lines_start(&lines, operands, -1);
		dump_take_lines(d, "operands", &lines);
	}
	if (d->blob && keylist_add(&d->wanted, d->blob, strlen(d->blob), &why) != 0)
		diag_usage("-b: '%s': %s", d->blob, why.text);
	if (d->from) {
		bool is_stdin = strcmp(d->from, "-") == 0;
		int fd = is_stdin ? STDIN_FILENO : open(d->from, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			diag_die(STATUS_BAD, "%s: %s", d->from, strerror(errno));
		lines_start(&lines, NULL, fd);
		dump_take_lines(d, is_stdin ? "standard input" : d->from, &lines);
		if (!is_stdin)
			close(fd);
	}
	/* In the order of the database, and each once: pages are mapped one after another, and the
	 * output is the same whatever order was asked for. */
	if (keylist_sort(&d->wanted, &why) != 0)
		diag_die(STATUS_BAD, "%s", why.text);
}

/* ---- output ---- */

/* Looks at each page of a value: what can't be read shows here, by its name, and not between the
 * bytes of a record, as write(2)'s "Bad address". */
static void
fault_in(const volatile char *value, size_t len)
{
	enum { PAGE = 4096 };
	if (!value)
		return;
	for (size_t at = 0; at < len; at += PAGE)
		(void)value[at];
	if (len > 0)
		(void)value[len - 1];
}

static void
dump_value(struct dump *d, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct error why;
	struct iovec part = {.iov_base = (void *)(uintptr_t)value, .iov_len = value_len};
	/* Of -k no value is read: a list of keys costs no more than the tree. */
	if (!d->keys)
		fault_in(value, value_len);
	int bad = d->keys ? output_key(&d->out, key, key_len, &why) != 0 ||
	                        output_line(&d->out, &why) != 0
	          : d->blob ? output_bytes(value, value_len, &why)
	                    : record_write(STDOUT_FILENO, key, key_len, &part, 1, &why);
	if (bad)
		diag_die(STATUS_BAD, "%s", why.text);
	progress_add(&d->meter, !bad, value_len);
}

/* Shards that hold one key with two values are not what one database would be. */
static void
tell_differing(struct dump *d, const void *key, size_t key_len)
{
	const char *one, *other;
	uint64_t differ = several_differ(d->several, &one, &other);
	if (differ == d->differ)
		return;
	d->differ = differ;
	d->status = STATUS_BAD;
	diag_warn("%.*s: %s and %s have different values: that of the first is written",
	    (int)key_len, (const char *)key, one, other);
}

/* All keys, in the order of all databases together. */
static void
dump_all(struct dump *d)
{
	const void *key, *value = NULL, **read = d->keys ? NULL : &value;
	size_t key_len, value_len;
	struct error why;
	int got;
	while ((got = several_next(d->several, &key, &key_len, read, &value_len, &why)) > 0) {
		tell_differing(d, key, key_len);
		dump_value(d, key, key_len, value, value_len);
	}
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %s", several_path(d->several), why.text);
}

/* Only keys that were asked for. One that is not there is named and makes the status 1; the others
 * are written. */
static void
dump_some(struct dump *d)
{
	struct error why;
	for (size_t i = 0; i < d->wanted.count; i++) {
		const struct keylist_key *k = &d->wanted.key[i];
		const void *value;
		size_t len;
		int got = several_get(d->several, k->bytes, k->len, &value, &len, &why);
		if (got < 0)
			diag_die(STATUS_BAD, "%s: %s", several_path(d->several), why.text);
		if (got > 0) {
			dump_value(d, k->bytes, k->len, value, len);
			continue;
		}
		diag_warn("%.*s: there is no such key in %s%s", (int)k->len, k->bytes, d->paths[0],
		    d->count > 1 ? ", nor in the others" : "");
		d->status = STATUS_BAD;
	}
}

static void
dump_finish(struct dump *d)
{
	struct error why;
	diag_check_output(output_finish(&d->out, &why), &why);
	/* Also after a key that was not there: the records that came are whole, and the status
	 * tells of the rest. */
	if (!d->keys && !d->blob)
		diag_check_output(record_write_end(STDOUT_FILENO, &why), &why);
	if (d->verbose)
		diag_warn("%s%s: %" PRIu64 " patches, %" PRIu64 " bytes", d->paths[0],
		    d->count > 1 ? " and others" : "", d->meter.count, d->meter.bytes);
}

/* ---- the run ---- */

static void
dump_run(struct dump *d)
{
	d->several = databases_open(d->paths, d->count, d->quiet, NULL);
	/* For the meter: a key that is in two databases counts twice, and that is near enough. */
	uint64_t total = d->some ? d->wanted.count : several_count(d->several);
	progress_start(&d->meter, "dumping", total, PROGRESS_STREAM, d->quiet, d->verbose);
	if (d->some)
		dump_some(d);
	else
		dump_all(d);
	progress_finish(&d->meter);
	dump_finish(d);
	several_close(d->several);
}

static char **
read_options(struct dump *d, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'b', "blob", "KEY", "the one value of this key, bare: a safetensors file",
	        .text = &d->blob},
	    {'k', "keys", NULL, "only the keys, one a line", .flag = &d->keys},
	    {'K', "from", "FILE", "keys from a file, one a line, up to a tab; '-' is stdin",
	        .text = &d->from},
	    {'q', "quiet", NULL, "no meter, no warning that the database is incomplete",
	        .flag = &d->quiet},
	    {'v', "verbose", NULL, "a summary, and a line of progress every 30 s",
	        .flag = &d->verbose},
	};
	return options_read(usage, rows, sizeof rows / sizeof *rows, d, argc, argv);
}

int
main(int argc, char **argv)
{
	struct dump d = {.paths = NULL};
	diag_start(argv[0]);
	char **operands = read_options(&d, argc, argv);
	if (!operands[0])
		diag_usage("which database? It is missing");
	/* The first is a database, whatever it looks like: then a wrong name is told as such. What
	 * comes after it is one if one is found there. */
	d.paths = operands;
	/* A key that is also the name of a database: -K. */
	do {
		d.count++;
		operands++;
	} while (*operands && several_knows(*operands));
	/* A bare blob has neither key nor end: two of them would be one broken file. */
	if (d.blob && (d.keys || d.from || operands[0]))
		diag_usage("-b: one key alone, without -k, -K and other keys");
	if (!d.keys)
		require_stdout_not_tty(d.blob ? "a safetensors blob" : "a record stream");
	/* Before the database is opened: a list may come from a pipe that takes its time, and a
	 * snapshot that is open keeps a loader from using pages again. */
	dump_take_keys(&d, operands);
	dump_run(&d);
	keylist_free(&d.wanted);
	diag_close_stdout();
	return d.status;
}
