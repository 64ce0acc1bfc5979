/* rsenc-verify: compares a record stream with what a database holds. */

#include "base/buf.h"
#include "base/hash.h"
#include "base/keyset.h"
#include "cmd/database.h"
#include "cmd/oracle.h"
#include "cmd/verdicts.h"
#include "load/compare.h"
#include "process/sandbox.h"
#include "process/diag.h"
#include "process/progress.h"
#include "process/options.h"
#include "stream/record.h"
#include "stream/recordfiles.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: rsenc-verify [-qvx] [-n TOTAL] DB [FILE...]\n"
    "Compares records (files, or stdin), byte for byte, with the values "
    "that the LMDB database DB has\n"
    "under their keys. Prints KEY<TAB>missing and KEY<TAB>differs.\n"
    "usage: rsenc-verify --sample=N --oracle=COMMAND [--seed=N] [-qv] DB [FILE...]\n"
    "Does so with N group lines chosen at random (of files, or stdin), of "
    "which COMMAND makes the records.\n";

struct verify {
	const char *path;
	char **paths; /* of the records; none: standard input */
	bool extra, quiet;
	uint64_t total;
	uint64_t source; /* a file descriptor, or 0: see progress_source */
	struct store *store;
	struct compare compare;
	struct oracle oracle; /* writes the records, if there is one */
	struct record_files files;
	struct buf value; /* of the record at hand */
	struct verdicts verdicts;
	struct keyset seen; /* -x */
	struct progress meter;
	uint64_t missing, differ, extras, unchecked;
	uint64_t headers_differ; /* of those that are identical for all that */
	bool broken;   /* the stream did not end properly, or was not what was asked for */
	bool given_up; /* it was not read to its end */
};

/* ---- one record ---- */

/* Another program lays out a blob as it likes: its tensors are what counts. */
static bool
verify_same_tensors(
    struct verify *v, const struct buf *value, const void *stored, size_t stored_len)
{
	struct difference d;
	if (!v->oracle.command ||
	    difference_find(&v->verdicts.headers, value, stored, stored_len, &d, NULL) != 0 ||
	    d.tensor)
		return false;
	v->headers_differ++;
	return true;
}

static enum record_status
verify_read(struct verify *v, const struct record *rec, struct error *why)
{
	v->value.len = 0;
	if (rec->data_len >= SIZE_MAX / 4 ||
	    buf_try_reserve(&v->value, (size_t)rec->data_len) != 0) {
		error_set(why, "%s: out of memory: the record has %" PRIu64 " bytes", rec->key,
		    rec->data_len);
		return RECORD_FAILED;
	}
	enum record_status status = record_data(
	    &v->files.reader, v->value.data, (size_t)rec->data_len, why);
	v->value.len = (size_t)rec->data_len;
	return status == RECORD_OK ? record_done(&v->files.reader, why) : status;
}

/* A record that is not identical, byte for byte. */
static void
verify_other(void *context, const char *key, size_t key_len, const void *value, size_t len,
    const void *stored, size_t stored_len)
{
	struct verify *v = context;
	struct buf bytes = {.data = (char *)(uintptr_t)value, .len = len}; /* borrowed */
	if (!stored) {
		v->missing++;
		verdicts_print(&v->verdicts, key, key_len, "missing", NULL);
	} else if (verify_same_tensors(v, &bytes, stored, stored_len)) {
		/* Counted apart as well, so that the summary tells how many had another header. */
		v->compare.identical++;
	} else {
		v->differ++;
		verdicts_differs(&v->verdicts, key, key_len, &bytes, stored, stored_len);
	}
}

static void
verify_record(struct verify *v, const struct record *rec)
{
	struct error why;
	if (compare_add(&v->compare, rec->key, rec->key_len, v->value.data, v->value.len, &why) !=
	    0)
		diag_die(STATUS_BAD, "%s: %s", v->path, why.text);
	/* Hashes of 64 bits, not keys: millions of those would fill the memory. Two of the same hash
	 * would hide one extra key: with 8 million of both the chance is below 1 in 100,000. */
	if (v->extra && keyset_add(&v->seen, hash_bytes(rec->key, rec->key_len)) < 0)
		diag_die(STATUS_BAD, "out of memory");
	progress_add(&v->meter, 1, rec->data_len);
}

/* Compares what waits to be looked up together. */
static void
verify_flush(struct verify *v)
{
	struct error why;
	if (compare_flush(&v->compare, &why) != 0)
		diag_die(STATUS_BAD, "%s: %s", v->path, why.text);
}

/* ---- the run ---- */

static enum record_status
verify_next(struct verify *v, struct record *rec, struct error *why)
{
	const struct source *source = v->files.reader.source;
	/* Only where nothing is there to be read: else each record would cost a call of poll(2). */
	if (v->oracle.command && (!source || source_buffered(source) == 0))
		oracle_wait(&v->oracle);
	return record_files_next(&v->files, rec, why);
}

static void
verify_all(struct verify *v)
{
	struct record rec;
	struct error why;
	enum record_status status;
	record_files_start(&v->files, v->paths);
	while ((status = verify_next(v, &rec, &why)) != RECORD_END) {
		if (status == RECORD_OK)
			status = verify_read(v, &rec, &why);
		if (status == RECORD_OK) {
			/* Records that nobody asked for are named and not compared: another program
			 * that writes them has not understood the lines. */
			if (!v->oracle.command || oracle_takes(&v->oracle, &rec))
				verify_record(v, &rec);
			else
				v->broken = true;
			continue;
		}
		v->broken = true;
		/* A stream that was cut off was still read to its end: how the program ended can be
		 * waited for, and says why. */
		v->given_up |= status != RECORD_TRUNCATED;
		if (status == RECORD_STOPPED)
			break;
		diag_warn("%s: %s", v->oracle.command ? "the oracle" : v->files.name, why.text);
		record_files_give_up(&v->files);
	}
	/* What waits belongs to records that were whole, also where the stream was not. */
	verify_flush(v);
	record_files_end(&v->files);
}

/* That there is no database is told first, and rights are given up when the program runs. */
static void
verify_ask(struct verify *v)
{
	static char *its_output[] = {NULL};
	v->store = database_open_freely(v->path, v->quiet);
	/* Its lines come on standard input, or files, all of them before the program starts: any
	 * may be chosen, to the last. */
	oracle_choose(&v->oracle, v->paths);
	oracle_start(&v->oracle);
	sandbox_enter(NULL);
	v->paths = its_output;
	v->total = v->oracle.sample.count;
}

/* What the program ended with, and the groups that it was silent about. */
static void
verify_answered(struct verify *v)
{
	const struct oracle *o = &v->oracle;
	v->broken |= !oracle_end(&v->oracle, !v->given_up);
	for (size_t i = 0; i < o->sample.count; i++) {
		/* Silence is no agreement: each group that was asked for and did not come is
		 * printed. */
		if (o->keys[i].taken)
			continue;
		v->unchecked++;
		verdicts_print(
		    &v->verdicts, o->keys[i].key.data, o->keys[i].key.len, "unchecked", NULL);
	}
}

static void
verify_extra(struct verify *v)
{
	const void *key, *value;
	size_t key_len, value_len;
	struct error why;
	int got = 0;
	while ((got = store_next(v->store, &key, &key_len, &value, &value_len, &why)) > 0) {
		if (keyset_has(&v->seen, hash_bytes(key, key_len)))
			continue;
		v->extras++;
		verdicts_print(&v->verdicts, key, key_len, "extra", NULL);
	}
	if (got < 0)
		diag_die(STATUS_BAD, "%s: %s", v->path, why.text);
}

static void
verify_summarise(const struct verify *v)
{
	const struct oracle *o = &v->oracle;
	char what[128], headers[64] = "", rest[64] = "";
	snprintf(
	    what, sizeof what, "%" PRIu64 " %s", v->meter.count, progress_patches(v->meter.count));
	if (o->command) {
		snprintf(what, sizeof what, "%zu of %" PRIu64 " patches (seed %" PRIu64 ")",
		    o->sample.count, o->sample.seen, o->seed);
		snprintf(rest, sizeof rest, ", %" PRIu64 " unchecked", v->unchecked);
	} else if (v->extra && !v->broken) {
		snprintf(rest, sizeof rest, ", %" PRIu64 " extra", v->extras);
	}
	if (v->headers_differ > 0)
		snprintf(headers, sizeof headers, " (%" PRIu64 " with another header)",
		    v->headers_differ);
	diag_warn("%s: %s: %" PRIu64 " identical%s, %" PRIu64 " missing, %" PRIu64 " differ%s",
	    v->path, what, v->compare.identical, headers, v->missing, v->differ, rest);
}

static int
verify_run(struct verify *v)
{
	if (v->oracle.command)
		verify_ask(v);
	progress_start(
	    &v->meter, "verifying", v->total, PROGRESS_ALONE, v->quiet, v->verdicts.verbose);
	if (v->source > 0 && progress_source(&v->meter, (int)v->source) != 0)
		diag_usage("--source-fd: no regular file is open as %" PRIu64, v->source);
	if (!v->oracle.command)
		v->store = database_open(v->path, v->quiet, NULL);
	v->compare = (struct compare){.store = v->store, .other = verify_other, .context = v};
	compare_start(&v->compare);
	verify_all(v);
	progress_finish(&v->meter);
	if (v->oracle.command)
		verify_answered(v);
	/* Of a stream that was cut off nobody knows what else it would have had. */
	if (v->extra && !v->broken)
		verify_extra(v);
	verdicts_finish(&v->verdicts);
	if (!v->quiet)
		verify_summarise(v);
	compare_free(&v->compare);
	store_close(v->store);
	oracle_free(&v->oracle);
	keyset_free(&v->seen);
	buf_free(&v->value);
	uint64_t bad = v->missing + v->differ + v->extras + v->unchecked;
	return v->broken || bad > 0 ? STATUS_BAD : STATUS_OK;
}

static char **
read_options(struct verify *v, int argc, char **argv)
{
	const struct option_row rows[] = {
	    {'x', "extra", NULL, "also KEY<TAB>extra, for keys of DB that no record had",
	        .flag = &v->extra},
	    {'n', "total", "N", "the number of patches to come: the meter tells the time left",
	        .number = &v->total, .max = UINT64_MAX},
	    {0, "source-fd", "FD",
	        "the meter tells how much was read of the file that is open as FD",
	        .number = &v->source, .min = 3, .max = 1023},
	    {0, "sample", "N", "compare N group lines chosen at random: needs --oracle",
	        .number = &v->oracle.size, .min = 1, .max = UINT64_MAX},
	    {0, "oracle", "COMMAND", "the program that makes their records (see the man page)",
	        .text = &v->oracle.command},
	    {0, "seed", "N", "choose as a run did that named this seed", .number = &v->oracle.seed,
	        .max = ORACLE_SEED_MAX},
	    {'q', "quiet", NULL, "no meter, no summary, no warning that the database is incomplete",
	        .flag = &v->quiet},
	    {'v', "verbose", NULL,
	        "where a value differs: tensor, index, value, stored value;\na line of progress "
	        "every 30 s",
	        .flag = &v->verdicts.verbose},
	};
	char **operands = options_read(usage, rows, sizeof rows / sizeof *rows, v, argc, argv);
	const struct oracle *o = &v->oracle;
	if (o->command && o->size == 0)
		diag_usage("--oracle: of how many groups? --sample is missing");
	if (!o->command && (o->size > 0 || o->seed <= ORACLE_SEED_MAX))
		diag_usage("--sample, --seed: by which program? --oracle is missing");
	if (o->command && (v->extra || v->total > 0 || v->source > 0))
		diag_usage(
		    "--oracle: not with -x, -n or --source-fd: most patches are not asked for");
	return operands;
}

int
main(int argc, char **argv)
{
	struct verify v = {.oracle.seed = UINT64_MAX};
	diag_start(argv[0]);
	char **operands = read_options(&v, argc, argv);
	v.path = *operands && **operands ? *operands : options_operand(operands, "database");
	v.paths = operands + 1;
	if (!*v.paths && v.oracle.command)
		require_stdin_not_tty("group lines", "rsenc-scan");
	else if (!*v.paths)
		require_stdin_not_tty("records", "rsenc-pack -r");
	int status = verify_run(&v);
	diag_close_stdout();
	return status;
}
