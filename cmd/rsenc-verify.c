/* rsenc-verify: compares records with the values of a database. */

#include "base/buf.h"
#include "base/bytes.h"
#include "base/keyset.h"
#include "cmd/database.h"
#include "cmd/operands.h"
#include "process/diag.h"
#include "process/options.h"
#include "process/progress.h"
#include "process/output.h"
#include "store/record_buffer.h"
#include "stream/group.h"
#include "stream/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: rsenc-verify [-qvx] [--expect=N] DB [FILE...]\n"
    "Compares records (files, or standard input) byte for byte with the values of the LMDB\n"
    "database DB. Prints KEY<TAB>missing and KEY<TAB>differs.\n";

struct verify {
	const char *path;
	bool extra, quiet, verbose;
	uint64_t expect; /* records, or NOT_EXPECTED */
	struct store *store;
	struct record_files files;
	struct buf value; /* of the current record */
	struct record_buffer small;
	struct buf others; /* struct buffered: those of them that are not identical */
	struct output out;
	struct keyset seen; /* -x */
	struct progress progress;
	uint64_t identical, missing, differ, extras;
	bool broken;            /* a stream did not end properly */
	struct error truncated; /* the command that wrote standard input failed; "": it did not */
};

/* ---- what is printed ---- */

static void
print_line(struct verify *v, const void *key, size_t key_len, const char *what)
{
	group_escape_key(&v->out.pending, key, key_len);
	buf_addf(&v->out.pending, "\t%s", what);
	output_line(&v->out);
	/* At once, because somebody may wait for a difference; the progress line may be on the same
	 * terminal. */
	status_line(NULL);
	output_finish(&v->out);
}

/* ---- one record ---- */

static enum record_status
read_value(struct verify *v, const struct record *rec, struct error *why)
{
	v->value.len = 0;
	enum record_status status = record_rest(&v->files.reader, &v->value, why);
	if (status == RECORD_INVALID)
		error_prefix(why, "%s", rec->key);
	return status == RECORD_OK ? record_done(&v->files.reader, why) : status;
}

/* Whether the database contains the key, and its value. */
static bool
look_up(struct verify *v, const char *key, size_t key_len, const void **stored, size_t *stored_len)
{
	struct error why;
	int got = store_get(v->store, key, key_len, stored, stored_len, &why);
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %.*s: %s", v->path, (int)key_len, key, why.text);
	return got > 0;
}

static bool
is_identical(struct verify *v, const char *key, size_t key_len, const char *value, size_t value_len)
{
	const void *stored;
	size_t len;
	return look_up(v, key, key_len, &stored, &len) && len == value_len &&
	       memcmp(stored, value, len) == 0;
}

static void
report(struct verify *v, const char *key, size_t key_len)
{
	const void *stored;
	size_t len;
	bool differs = look_up(v, key, key_len, &stored, &len);
	v->differ += differs;
	v->missing += !differs;
	print_line(v, key, key_len, differs ? "differs" : "missing");
}

/* ---- small records: looked up in the order of keys, reported in that of the input ---- */

static int
compare_places(const void *a, const void *b)
{
	const struct buffered *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

static void
compare_small(struct verify *v)
{
	struct buffered r;
	struct error why;
	v->others.len = 0;
	record_buffer_sort(&v->small, &why);
	while (record_buffer_next(&v->small, &r, &why) > 0) {
		if (is_identical(v, r.key, r.key_len, r.key + r.key_len, r.value_len))
			v->identical++;
		else
			buf_add(&v->others, &r, sizeof r);
	}
	struct buffered *others = (struct buffered *)(void *)v->others.data;
	size_t count = v->others.len / sizeof r;
	if (count > 1)
		qsort(others, count, sizeof r, compare_places);
	for (size_t i = 0; i < count; i++)
		report(v, others[i].key, others[i].key_len);
	record_buffer_clear(&v->small);
}

static void
compare(struct verify *v, const struct record *rec)
{
	struct error why;
	const struct buf *value = &v->value;
	bool small = value->len <= BUFFERED_VALUE_MAX;
	if (!small || !record_buffer_has_room(&v->small, rec->key_len + value->len))
		compare_small(v);
	bool later = small && record_buffer_add(&v->small, rec->key, rec->key_len, value->data,
	                          value->len, &why) == 0;
	if (!later && is_identical(v, rec->key, rec->key_len, value->data, value->len))
		v->identical++;
	else if (!later)
		report(v, rec->key, rec->key_len);
	/* Hashes of 64 bits: millions of keys would fill the memory. Two keys of one hash would
	 * hide an extra key: with 8 million of both the chance is below 1 in 100,000. */
	if (v->extra)
		keyset_add(&v->seen, hash_bytes(rec->key, rec->key_len));
	progress_add(&v->progress, 1, rec->data_len);
}

/* ---- the run ---- */

static void
compare_all(struct verify *v, char **paths)
{
	struct record rec;
	struct error why;
	enum record_status status;
	record_files_start(&v->files, paths);
	while ((status = record_files_next(&v->files, &rec, &why)) != RECORD_END) {
		if (status == RECORD_OK)
			status = read_value(v, &rec, &why);
		if (status == RECORD_OK) {
			compare(v, &rec);
			continue;
		}
		v->broken = true;
		/* The command before has reported why it failed: the summary says the rest. */
		if (why.kind == ERROR_TRUNCATED && !*paths && !v->quiet)
			error_set(&v->truncated, "; standard input: %s", why.text);
		else
			diag_warn("%s: %s", v->files.name, why.text);
		record_files_close(&v->files);
	}
	record_files_close(&v->files);
	compare_small(v);
}

static void
find_extra(struct verify *v)
{
	const void *key;
	size_t key_len, value_len;
	struct error why;
	int got;
	/* Without the values: read without locks, each would be copied. */
	while ((got = store_next(v->store, &key, &key_len, NULL, &value_len, &why)) > 0) {
		if (keyset_has(&v->seen, hash_bytes(key, key_len)))
			continue;
		v->extras++;
		print_line(v, key, key_len, "extra");
	}
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %s", v->path, why.text);
}

static void
summarise(const struct verify *v)
{
	char extra[64] = "";
	uint64_t n = v->progress.count;
	if (v->extra && !v->broken)
		snprintf(extra, sizeof extra, ", %" PRIu64 " extra", v->extras);
	diag_warn("%s: %" PRIu64 " %s: %" PRIu64 " identical, %" PRIu64 " missing, %" PRIu64
	          " differ%s%s",
	    v->path, n, progress_patches(n), v->identical, v->missing, v->differ, extra,
	    v->truncated.text);
}

static int
run(struct verify *v, char **paths)
{
	uint64_t bad = 0;
	progress_start(&v->progress, "verifying", v->expect, PROGRESS_ALONE, v->quiet, v->verbose);
	v->store = database_open(v->path, v->quiet, NULL);
	compare_all(v, paths);
	progress_finish(&v->progress);
	/* The missing end of a stream may hold keys that would be called extra. */
	if (v->extra && !v->broken)
		find_extra(v);
	output_finish(&v->out);
	if (!v->quiet)
		summarise(v);
	if (!v->broken)
		bad += progress_expected(&v->progress, v->path, "compared", v->expect) != 0;
	store_close(v->store);
	bad += v->missing + v->differ + v->extras;
	return v->broken || bad > 0 ? STATUS_BAD : STATUS_OK;
}

int
main(int argc, char **argv)
{
	static struct verify v = {.expect = NOT_EXPECTED, .small = {.limit = 42 << 20, .fd = -1}};
	const struct option_row rows[] = {
	    {'x', "extra", NULL, "also print KEY<TAB>extra for keys of DB that no record has",
	        .flag = &v.extra},
	    {0, "expect", "N", "fail unless N records are compared", .number = &v.expect,
	        .max = NOT_EXPECTED - 1},
	    {'q', "quiet", NULL, "show no progress, no summary and no warnings about DB",
	        .flag = &v.quiet},
	    {'v', "verbose", NULL, "print progress every 30 s", .flag = &v.verbose},
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, NULL, argc, argv);
	check_operands(argv, operands, "DB");
	v.path = *operands;
	if (!operands[1])
		require_stdin_not_tty("records", "rsenc-pack -r");
	int status = run(&v, operands + 1);
	diag_close_stdout();
	return status;
}
