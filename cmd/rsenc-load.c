/* rsenc-load: a record stream to an LMDB database. */

#include "base/buf.h"
#include "base/heap.h"
#include "base/stop.h"
#include "process/confine.h"
#include "process/diag.h"
#include "process/meter.h"
#include "store/writer.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: rsenc-load [-fsSqv] [-b SIZE] [-n TOTAL] DB\n"
    "Stores a record stream (stdin; rsenc-pack -r writes it) in the LMDB database DB, a directory\n"
    "that is made if it is missing.\n"
    "\n"
    "  -f, --replace      replace keys that are there (an error by default)\n"
    "  -s, --skip         skip keys that are there\n"
    "  -S, --single-file  DB is a single file\n"
    "  -b, --batch=SIZE   commit after so many bytes of values (1M)\n"
    "      --sync         sync each batch to disk also while DB is new\n"
    "  -n, --total=N      the number of records to come: the meter tells the time left\n"
    "  -q, --quiet        no meter\n"
    "  -v, --verbose      a summary, and a line of progress every 30 s\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

enum { OPTION_SYNC = 256 };

static const struct option long_options[] = {
    {"replace", no_argument, NULL, 'f'},
    {"skip", no_argument, NULL, 's'},
    {"single-file", no_argument, NULL, 'S'},
    {"batch", required_argument, NULL, 'b'},
    {"sync", no_argument, NULL, OPTION_SYNC},
    {"total", required_argument, NULL, 'n'},
    DIAG_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct load {
	const char *path;
	struct store_options options;
	bool replace, skip, quiet, verbose;
	uint64_t total;
	struct record_reader reader;
	struct store_writer *writer; /* NULL until a record came */
	struct buf header;           /* of the blob at hand */
	struct buf scratch;
	struct safetensors parsed;
	struct meter meter;
	uint64_t skipped;
};

/* ---- messages ---- */

static int
say(const char *item, const struct error *why)
{
	diag_warn("%s: %s", item, why->text);
	return -1;
}

/* What is wrong with the input; a request to stop is told at the end. */
static int
say_input(enum record_status status, const struct error *why)
{
	return status == RECORD_STOPPED ? -1 : say("standard input", why);
}

static void
say_kept(const struct load *l, uint64_t kept)
{
	if (kept == 0) {
		diag_warn("%s: nothing was stored", l->path);
		return;
	}
	const char *single = l->options.single ? "-S " : "";
	diag_warn("%s: records stored and kept: %" PRIu64 ". To go on: "
	          "rsenc-scan ... | rsenc-missing %s | rsenc-pack -r | rsenc-load %s%s, "
	          "or the same input again with rsenc-load -s %s%s",
	    l->path, kept, l->path, single, l->path, single, l->path);
}

/* ---- one record ---- */

/* Reads the blob's header, and checks it against the length of the blob, before anything of it is
 * stored. */
static int
read_header(struct load *l, const struct record *rec)
{
	unsigned char prefix[SAFETENSORS_PREFIX];
	struct error why;
	size_t len;
	if (rec->data_len < sizeof prefix) {
		diag_warn("%s: this is no safetensors blob: it has %" PRIu64 " bytes", rec->key,
		    rec->data_len);
		return -1;
	}
	enum record_status status = record_data(&l->reader, prefix, sizeof prefix, &why);
	if (status != RECORD_OK)
		return say_input(status, &why);
	if (safetensors_header_len(prefix, rec->data_len, &len, &why) != 0)
		return say(rec->key, &why);
	l->header.len = 0;
	if (buf_add(&l->header, prefix, sizeof prefix) != 0 || buf_reserve(&l->header, len) != 0) {
		diag_warn("%s: out of memory", rec->key);
		return -1;
	}
	status = record_data(&l->reader, l->header.data + sizeof prefix, len, &why);
	if (status != RECORD_OK)
		return say_input(status, &why);
	l->header.len += len;
	if (safetensors_parse(
	        l->header.data + sizeof prefix, len, rec->data_len, &l->parsed, &why) != 0)
		return say(rec->key, &why);
	return 0;
}

static int
skip_record(struct load *l)
{
	enum { PIECE = 1 << 16 };
	struct error why;
	enum record_status status = RECORD_OK;
	if (buf_reserve(&l->scratch, PIECE) != 0) {
		diag_warn("out of memory");
		return -1;
	}
	while (l->reader.left > 0 && status == RECORD_OK) {
		size_t size = l->reader.left < PIECE ? (size_t)l->reader.left : PIECE;
		status = record_data(&l->reader, l->scratch.data, size, &why);
	}
	if (status == RECORD_OK)
		status = record_done(&l->reader, &why);
	l->skipped++;
	return status == RECORD_OK ? 0 : say_input(status, &why);
}

static int
store_record(struct load *l, const struct record *rec)
{
	struct error why;
	void *to;
	switch (
	    store_put(l->writer, rec->key, rec->key_len, rec->data_len, l->replace, &to, &why)) {
	case STORE_FAILED:
		diag_warn("%s: %s: %s", l->path, rec->key, why.text);
		return -1;
	case STORE_EXISTS:
		if (l->skip)
			return skip_record(l);
		diag_warn("%s: %s: the key is stored already: -s skips it, -f replaces its value",
		    l->path, rec->key);
		return -1;
	case STORE_ROOM:
		break;
	}
	memcpy(to, l->header.data, l->header.len);
	enum record_status status = record_data(
	    &l->reader, (char *)to + l->header.len, (size_t)l->reader.left, &why);
	if (status == RECORD_OK)
		status = record_done(&l->reader, &why);
	if (status != RECORD_OK) {
		say_input(status, &why);
		if (store_undo(l->writer, &why) != 0)
			say(l->path, &why);
		return -1;
	}
	if (store_keep(l->writer, &why) != 0)
		return say(l->path, &why);
	meter_add(&l->meter, 1, rec->data_len);
	return 0;
}

/* ---- the run ---- */

/* The database is opened, and made, only when the first record has proved valid: wrong input
 * leaves nothing behind. */
static int
open_store(struct load *l)
{
	struct error why;
	if (!l->writer && store_writer_open(l->path, &l->options, &l->writer, &why) != 0)
		return say(l->path, &why);
	return 0;
}

static int
load_records(struct load *l)
{
	struct record rec;
	struct error why;
	enum record_status status;
	while ((status = record_next(&l->reader, &rec, &why)) == RECORD_OK) {
		if (read_header(l, &rec) != 0 || open_store(l) != 0 || store_record(l, &rec) != 0)
			return -1;
	}
	return status == RECORD_END ? open_store(l) : say_input(status, &why);
}

/* After a failure or a request to stop: keeps what is whole. */
static void
leave(struct load *l)
{
	struct error why;
	struct store_left left = {.kept = 0};
	if (stop_signal())
		diag_warn("stopped by signal %d", stop_signal());
	if (l->writer && store_leave(l->writer, &left, &why) != 0)
		say(l->path, &why);
	if (!left.lost)
		say_kept(l, left.kept);
}

static int
run(struct load *l)
{
	struct error why;
	if (store_writer_check(l->path, &l->options, &why) != 0) {
		say(l->path, &why);
		return STATUS_BAD;
	}
	if (record_reader_start(&l->reader, STDIN_FILENO) != 0)
		diag_die(STATUS_BAD, "out of memory");
	meter_start(&l->meter, "records", l->total, l->quiet, l->verbose);
	int failed = load_records(l);
	if (!failed && store_finish(l->writer, &why) != 0)
		failed = say(l->path, &why);
	meter_finish(&l->meter);
	if (failed)
		leave(l);
	else if (l->verbose)
		diag_warn("%s: %" PRIu64 " records stored, %" PRIu64 " skipped, %" PRIu64
		          " bytes, %.1f s",
		    l->path, l->meter.count, l->skipped, l->meter.bytes, meter_seconds(&l->meter));
	record_reader_free(&l->reader);
	safetensors_free(&l->parsed);
	buf_free(&l->header);
	buf_free(&l->scratch);
	if (failed)
		return stop_signal() ? 128 + stop_signal() : STATUS_BAD;
	return STATUS_OK;
}

/* Before the first byte of the stream is looked at. A database whose files are links may be
 * anywhere. */
static void
confine_load(const struct load *l)
{
	char *root = store_writer_root(l->path, &l->options);
	confine(root ? root : "/");
	free(root);
}

static void
set_option(struct load *l, int option, const char *value)
{
	switch (option) {
	case 'f':
		l->replace = true;
		break;
	case 's':
		l->skip = true;
		break;
	case 'S':
		l->options.single = true;
		break;
	case 'b':
		l->options.batch = diag_size("-b", value, 1, UINT64_C(1) << 30);
		break;
	case OPTION_SYNC:
		l->options.sync = true;
		break;
	case 'n':
		l->total = diag_number("-n", value, 0, UINT64_MAX);
		break;
	case 'q':
		l->quiet = true;
		break;
	case 'v':
		l->verbose = true;
		break;
	default:
		diag_common_option(option, help);
	}
}

int
main(int argc, char **argv)
{
	struct load l = {.options = {.batch = UINT64_C(1) << 20}};
	int option;
	diag_start(argv[0]);
	while ((option = getopt_long(argc, argv, "fsSb:n:qvhV", long_options, NULL)) != -1)
		set_option(&l, option, optarg);
	if (l.replace && l.skip)
		diag_usage("-f and -s can't be used together");
	if (optind == argc)
		diag_usage("which database? It is missing");
	if (argc - optind > 1)
		diag_usage("one database, not '%s' too", argv[optind + 1]);
	diag_need_input("records", "rsenc-pack -r");
	l.path = argv[optind];
	heap_keep();
	stop_catch();
	diag_catch_bus(l.path);
	confine_load(&l);
	return run(&l);
}
