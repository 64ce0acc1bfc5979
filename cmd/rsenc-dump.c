/* rsenc-dump: prints the records of a database, or those of some keys. */

#include "base/alloc.h"
#include "base/bytes.h"
#include "cmd/database.h"
#include "cmd/operands.h"
#include "process/diag.h"
#include "process/lines.h"
#include "process/options.h"
#include "process/progress.h"
#include "process/output.h"
#include "stream/group.h"
#include "stream/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-dump [-qv] [--keys] [-K FILE] DB [KEY...]\n"
    "       rsenc-dump [-q] -b KEY DB\n"
    "Prints the records of the LMDB database DB, all of them or those of some keys, in the order\n"
    "of keys.\n";

struct dump {
	const char *path;
	const char *blob, *from; /* -b, -K */
	bool keys, quiet, verbose;
	bool some;          /* only those in `wanted` */
	struct buf *wanted; /* keys */
	size_t count;
	struct store *store;
	struct output out;
	struct progress progress;
};

/* ---- the keys that are asked for ---- */

/* Adds the key that stands at the start of a line, before a tab or the end, escaped as in
 * rsenc-groups(5): group lines serve as a list of keys. Returns as group_key. */
static int
add_key(struct dump *d, const char *line, size_t len, struct error *why)
{
	const char *tab = memchr(line, '\t', len);
	struct buf text = {0}, key = {0};
	buf_add(&text, line, tab ? (size_t)(tab - line) : len);
	buf_add(&text, "\t", 1); /* which group_key wants */
	int bad = group_key(text.data, text.len, &key, why);
	buf_free(&text);
	if (bad != 0) {
		buf_free(&key);
		return bad;
	}
	d->wanted = xreallocarray(d->wanted, d->count + 1, sizeof *d->wanted);
	d->wanted[d->count++] = key;
	return 0;
}

static void
read_keys(struct dump *d, char **operands, const char *path)
{
	struct lines lines;
	const char *line;
	size_t len;
	struct error why;
	lines_start(&lines, operands, path);
	while (lines_next(&lines, &line, &len)) {
		int bad = len > 0 ? add_key(d, line, len, &why) : 0;
		if (bad == -2)
			diag_die(STATUS_BAD, "%s: %s", lines.name, why.text);
		/* The other keys are printed all the same. */
		if (bad != 0)
			diag_bad("%s: line %lu: %s", lines.name, lines.number, why.text);
	}
	if (lines.failed)
		exit(STATUS_BAD);
	buf_free(&lines.pending);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;
	return bytes_compare(x->data, x->len, y->data, y->len);
}

static void
read_wanted(struct dump *d, char **operands)
{
	struct error why;
	d->some = *operands || d->from || d->blob;
	if (*operands)
		read_keys(d, operands, NULL);
	if (d->blob && add_key(d, d->blob, strlen(d->blob), &why) != 0)
		diag_usage("-b: '%s': %s", d->blob, why.text);
	if (d->from)
		read_keys(d, NULL, d->from);
	/* In the order of the database: pages are mapped one after another, and the output does not
	 * depend on the order of the list. */
	if (d->count > 0)
		qsort(d->wanted, d->count, sizeof *d->wanted, compare_keys);
}

/* ---- output ---- */

/* Reads a byte of each page of a value, so that a page that cannot be read is reported by the
 * handler of SIGBUS, with the database's name, and not as "Bad address" by write(2). */
static void
fault_in(const volatile char *value, size_t len)
{
	enum { PAGE = 4096 };
	for (size_t at = 0; at < len; at += PAGE)
		(void)value[at];
	if (len > 0)
		(void)value[len - 1];
}

static void
print_value(struct dump *d, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct error why;
	if (d->keys) {
		group_escape_key(&d->out.pending, key, key_len);
		output_line(&d->out);
	} else {
		fault_in(value, value_len);
		if (d->blob)
			output_bytes(value, value_len);
		else if (record_write(STDOUT_FILENO, key, key_len, value, value_len, &why) != 0)
			diag_die(STATUS_BAD, "standard output: %s", why.text);
	}
	progress_add(&d->progress, 1, value_len);
}

static void
print_all(struct dump *d)
{
	/* With --keys no value is read: a list of keys costs no more than the tree. */
	const void *key, *value = "", **read = d->keys ? NULL : &value;
	size_t key_len, value_len;
	struct error why;
	int got;
	while ((got = store_next(d->store, &key, &key_len, read, &value_len, &why)) > 0)
		print_value(d, key, key_len, value, value_len);
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %s", d->path, why.text);
}

/* Each key once. One that the database does not contain is reported, and the others are printed. */
static void
print_some(struct dump *d)
{
	struct error why;
	for (size_t i = 0; i < d->count; i++) {
		const struct buf *k = &d->wanted[i];
		const void *value;
		size_t len;
		if (i > 0 && compare_keys(k - 1, k) == 0)
			continue;
		int got = store_get(d->store, k->data, k->len, &value, &len, &why);
		if (got < 0)
			diag_die(STATUS_BAD, "%s: %s", d->path, why.text);
		if (got > 0)
			print_value(d, k->data, k->len, value, len);
		else
			diag_bad("%.*s: no such key in %s", (int)k->len, k->data, d->path);
	}
}

/* ---- the run ---- */

static void
run(struct dump *d)
{
	struct error why;
	d->store = database_open(d->path, d->quiet, NULL);
	progress_start(&d->progress, "dumping", d->some ? d->count : store_count(d->store),
	    PROGRESS_STREAM, d->quiet, d->verbose);
	if (d->some)
		print_some(d);
	else
		print_all(d);
	progress_finish(&d->progress);
	output_finish(&d->out);
	/* Also after a key that was not found: the records are complete, and the status says that
	 * some are missing. */
	if (!d->keys && !d->blob && record_write_end(STDOUT_FILENO, &why) != 0)
		diag_die(STATUS_BAD, "standard output: %s", why.text);
	if (d->verbose)
		diag_warn("%s: %" PRIu64 " %s, %" PRIu64 " bytes", d->path, d->progress.count,
		    progress_patches(d->progress.count), d->progress.bytes);
	store_close(d->store);
}

int
main(int argc, char **argv)
{
	static struct dump d;
	const struct option_row rows[] = {
	    {'b', "blob", "KEY", "print the value of KEY alone: a safetensors file",
	        .text = &d.blob},
	    {0, "keys", NULL, "print only the keys, one per line", .flag = &d.keys},
	    {'K', "from", "FILE",
	        "read keys from FILE, one per line, up to a tab; '-': standard input",
	        .text = &d.from},
	    {'q', "quiet", NULL, "show no progress and no warnings about DB", .flag = &d.quiet},
	    {'v', "verbose", NULL, "print a summary, and progress every 30 s", .flag = &d.verbose},
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, NULL, argc, argv);
	check_operands(argv, operands, "DB");
	d.path = *operands++;
	/* A bare blob has neither key nor end: two of them would be one broken file. */
	if (d.blob && (d.keys || d.from || *operands))
		diag_usage("-b cannot be combined with --keys, -K or other keys");
	if (!d.keys)
		require_stdout_not_tty(d.blob ? "a safetensors blob" : "a record stream");
	/* Before the database is opened: a list may come from a slow pipe, and while a snapshot is
	 * open a loader cannot use freed pages again. */
	read_wanted(&d, operands);
	run(&d);
	return diag_close_stdout();
}
