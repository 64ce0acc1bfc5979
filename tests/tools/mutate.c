/*
 * mutate [-M SIZE] SEED FIRST COUNT FILE...: reads COUNT broken copies of TIFF files, from number
 * FIRST on. SEED and the number decide which file it is and what is broken: bytes, words of the
 * directory, sizes that encoded data begins with, a cut. For each a line on stdout, fields parted by tabs, with bytes behind it:
 *
 *     refused NUMBER FILE LENGTH REASON                             then the broken file
 *     values NUMBER FILE LENGTH BANDS HEIGHT WIDTH DTYPE SIZE       then the file and its planes
 *     peak KIB                                                      at the end: resident memory
 *
 * gdal/mutation.py compares that with what GDAL reads. A crash, or 10 seconds over one file, ends
 * the run with the number on stderr.
 */

#include "base/file.h"
#include "process/diag.h"
#include "process/options.h"
#include "tiff/tiff.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 10 };

static const char usage[] = "usage: mutate [-M SIZE] SEED FIRST COUNT FILE...\n"
                            "Reads broken copies of TIFF files.\n";

/* ---- where it was, for the crash ---- */

static char whereabouts[400];

static void
on_crash(int signal_number)
{
	ssize_t n = write(STDERR_FILENO, whereabouts, strlen(whereabouts));
	(void)n;
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void
catch_crashes(void)
{
	static const int signals[] = {SIGALRM, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], on_crash);
}

/* ---- mutations ---- */

/* Numbers that follow from a seed alone (splitmix64). */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t
below(uint64_t *state, size_t n)
{
	return n > 0 ? (size_t)(draw(state) % n) : 0;
}

static uint64_t
number_at(const unsigned char *bytes, size_t size, bool big_endian)
{
	uint64_t n = 0;
	for (size_t i = 0; i < size; i++)
		n = n << 8 | bytes[big_endian ? i : size - 1 - i];
	return n;
}

/* The first directory of a file, as far as its header tells. */
static void
find_directory(const unsigned char *bytes, size_t len, size_t *begin, size_t *size)
{
	bool big_endian = bytes[0] == 'M', bigtiff = bytes[big_endian ? 3 : 2] == 43;
	uint64_t at = bigtiff ? number_at(bytes + 8, 8, big_endian)
	                      : number_at(bytes + 4, 4, big_endian);
	*begin = 0;
	*size = len;
	if (at >= len || len - at < 10)
		return;
	uint64_t entries = number_at(bytes + at, bigtiff ? 8 : 2, big_endian);
	uint64_t all = bigtiff ? 8 + entries % 4096 * 20 : 2 + entries * 12;
	*begin = (size_t)at;
	*size = (size_t)(all < len - at ? all : len - at);
}

/* Where the first strip or tile begins, by the entry of that tag in the directory: the headers of
 * codecs lie there. */
static void
find_data(const unsigned char *bytes, size_t len, size_t *begin, size_t *size)
{
	enum { STRIPS = 273, TILES = 324, LONG = 4, SHORT = 3, HEAD = 64 };
	bool big_endian = bytes[0] == 'M', bigtiff = bytes[big_endian ? 3 : 2] == 43;
	size_t word = bigtiff ? 8 : 4, entry = 4 + 2 * word, directory, all;
	find_directory(bytes, len, &directory, &all);
	size_t first = directory + (bigtiff ? 8 : 2), end = directory + all;
	*begin = 0;
	*size = len;
	for (size_t at = first; at + entry <= end; at += entry) {
		uint64_t tag = number_at(bytes + at, 2, big_endian);
		uint64_t type = number_at(bytes + at + 2, 2, big_endian);
		size_t width = type == SHORT ? 2 : type == LONG ? 4 : 8;
		if (tag != STRIPS && tag != TILES)
			continue;
		uint64_t count = number_at(bytes + at + 4, word, big_endian);
		uint64_t from = at + 4 + word;
		if (count > word / width)
			from = number_at(bytes + from, word, big_endian);
		uint64_t data = from < len - 8 ? number_at(bytes + from, width, big_endian) : len;
		if (data < len) {
			*begin = (size_t)data;
			*size = len - *begin < HEAD ? len - *begin : HEAD;
		}
		return;
	}
}

/* Breaks the file a little. Returns its new length. */
static size_t
mutate(unsigned char *bytes, size_t len, uint64_t *state)
{
	static const unsigned char telling[] = {
	    0, 1, 2, 3, 4, 7, 8, 15, 16, 32, 127, 128, 254, 255};
	size_t begin, size, kind = below(state, 12);
	if (kind == 0)
		return below(state, len);
	if (kind < 4) { /* anywhere */
		begin = 0;
		size = len;
	} else if (kind < 10) {
		find_directory(bytes, len, &begin, &size);
	} else {
		find_data(bytes, len, &begin, &size);
	}
	for (size_t n = below(state, 3) > 0 ? 1 : 3; n > 0; n--) {
		size_t at = begin + below(state, size);
		if (kind == 11) /* a size of 16 or 32 bits */
			memset(bytes + at, telling[below(state, sizeof telling)],
			    len - at < 4 ? len - at : 2 + 2 * below(state, 2));
		else if (kind % 2 == 0)
			bytes[at] ^= (unsigned char)(1u << below(state, 8));
		else
			bytes[at] = telling[below(state, sizeof telling)];
	}
	return len;
}

/* ---- reading ---- */

struct run {
	struct tiff *tiff;
	uint64_t max_memory;
	struct buf *files;
	char **names;
	size_t file_count;
};

/* The planes in one piece, allocated, or NULL with the reason. */
static unsigned char *
read_values(const struct run *run, const unsigned char *file, size_t len, struct raster *r,
    size_t *size, struct error *why)
{
	static struct buf memory[TIFF_BUFFERS];
	if (tiff_open(run->tiff, file, len, r, why) != 0)
		return NULL;
	uint64_t element = dtype_size(r->dtype);
	uint64_t plane = (uint64_t)r->width * r->height;
	unsigned char *values = NULL, **planes = NULL;
	if (plane > run->max_memory / element / r->bands) {
		error_set(why, "larger than -M allows");
		goto out;
	}
	*size = (size_t)(plane * element * r->bands);
	values = calloc(1, *size);
	planes = calloc(r->bands, sizeof *planes);
	if (!values || !planes)
		diag_die(STATUS_BAD, "out of memory");
	for (uint32_t i = 0; i < r->bands; i++)
		planes[i] = values + i * (size_t)(plane * element);
	if (tiff_read(run->tiff, (void *const *)planes, memory, run->max_memory, why) != 0) {
		free(values);
		values = NULL;
	}
out:
	free(planes);
	tiff_close(run->tiff);
	return values;
}

static void
try_one(const struct run *run, uint64_t seed, uint64_t number)
{
	uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + number;
	size_t which = below(&state, run->file_count), size = 0;
	const struct buf *whole = &run->files[which];
	struct error why = {.text = ""};
	struct raster r = {0};

	/* A copy of just its size: a sanitizer sees a read beyond its end. */
	unsigned char *work = malloc(whole->len);
	if (!work)
		diag_die(STATUS_BAD, "out of memory");
	memcpy(work, whole->data, whole->len);
	size_t len = mutate(work, whole->len, &state);
	unsigned char *file = malloc(len + (len == 0));
	if (!file)
		diag_die(STATUS_BAD, "out of memory");
	memcpy(file, work, len);

	snprintf(whereabouts, sizeof whereabouts,
	    "mutate: ended in number %" PRIu64 " of seed %" PRIu64 ", a copy of %s\n", number, seed,
	    run->names[which]);
	alarm(SECONDS);
	unsigned char *values = read_values(run, file, len, &r, &size, &why);
	alarm(0);
	if (!values && why.text[0] == '\0')
		diag_die(STATUS_BAD, "number %" PRIu64 " was refused without a reason", number);
	printf("%s\t%" PRIu64 "\t%s\t%zu\t", values ? "values" : "refused", number,
	    run->names[which], len);
	if (values)
		printf("%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%s\t%zu\n", r.bands, r.height,
		    r.width, dtype_name(r.dtype), size);
	else
		printf("%.*s\n", (int)strcspn(why.text, "\n"), why.text);
	fwrite(file, 1, len, stdout);
	fwrite(values ? values : file, 1, values ? size : 0, stdout);
	free(values);
	free(file);
	free(work);
}

/* In KiB, 0 where it can't be known. (What getrusage(2) tells counts the parent's memory, too.) */
static unsigned long
peak_memory(void)
{
	char line[256];
	unsigned long peak = 0;
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status)) {
		if (sscanf(line, "VmHWM: %lu", &peak) == 1)
			break;
	}
	if (status)
		fclose(status);
	return peak;
}

int
main(int argc, char **argv)
{
	struct run run = {.max_memory = 16 << 20};
	const struct option_row rows[] = {
	    {'M', "max-memory", "SIZE", "memory for one file (default 16M)",
	        .size = &run.max_memory, .min = 1 << 20, .max = INT64_MAX},
	};
	diag_start(argv[0]);
	char **operands = options_read(usage, rows, 1, NULL, argc, argv);
	argc -= (int)(operands - argv);
	if (argc < 4)
		diag_usage("a seed, two numbers and files are needed");
	uint64_t seed = strtoull(operands[0], NULL, 10);
	uint64_t first = strtoull(operands[1], NULL, 10);
	uint64_t count = strtoull(operands[2], NULL, 10);
	run.names = operands + 3;
	run.file_count = (size_t)(argc - 3);
	run.files = calloc(run.file_count, sizeof *run.files);
	run.tiff = tiff_new(&(struct tiff_options){.max_memory = run.max_memory});
	if (!run.files || !run.tiff)
		diag_die(STATUS_BAD, "out of memory");
	for (size_t i = 0; i < run.file_count; i++) {
		struct error why = {.text = ""};
		if (file_read(run.names[i], 1 << 20, NULL, &run.files[i], &why) != 0)
			diag_die(STATUS_BAD, "%s: %s", run.names[i], why.text);
		if (run.files[i].len < 16)
			diag_die(STATUS_BAD, "%s: too short for a TIFF file", run.names[i]);
	}
	catch_crashes();
	for (uint64_t number = first; number < first + count; number++)
		try_one(&run, seed, number);
	printf("peak\t%lu\n", peak_memory());
	tiff_free(run.tiff);
	for (size_t i = 0; i < run.file_count; i++)
		buf_free(&run.files[i]);
	free(run.files);
	diag_close_stdout();
	return STATUS_OK;
}
