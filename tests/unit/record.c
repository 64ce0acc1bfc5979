#include "stream/record.h"
#include "stream/detect_format.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- reading ---- */

#define KEY_511                                                                                    \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static const struct {
	const char *input;
	size_t len; /* 0: strlen */
	enum record_status end;
	unsigned records; /* whole */
	const char *why;  /* part of the reason */
} cases[] = {
    {"\n", 0, RECORD_END, 0, NULL},
    {"\n\n", 0, RECORD_END, 0, NULL},
    {"+1,2:a->xy\n\n", 0, RECORD_END, 1, NULL},
    {"+1,0:a->\n\n", 0, RECORD_END, 1, NULL},
    {"+1,2:a->xy\n+2,1:bb->z\n\n", 0, RECORD_END, 2, NULL},
    {"+1,2:a->xy\n\n+2,1:bb->z\n\n", 0, RECORD_END, 2, NULL},
    {"\n+1,2:a->xy\n\n\n", 0, RECORD_END, 1, NULL},
    {"+1,1:\0->\n\n\n", 11, RECORD_END, 1, NULL},
    {"+2,3:\n+->->\n\n\n", 0, RECORD_END, 1, NULL},
    {"+511,1:" KEY_511 "->x\n\n", 0, RECORD_END, 1, NULL},
    {"+512,1:k" KEY_511 "->x\n\n", 0, RECORD_BAD, 0, "key is longer than 511"},
    {"+0,1:->x\n\n", 0, RECORD_BAD, 0, "key is empty"},
    {"", 0, RECORD_BAD, 0, "is empty"},
    {"+1,2:a->xy\n", 0, RECORD_BAD, 1, "no end marker after record 1"},
    {"+1,2:a->xy\n\n+1,2:b->xy\n", 0, RECORD_BAD, 2, "no end marker"},
    {"+1,2:a->xy", 0, RECORD_BAD, 0, "inside record 1, at byte 10"},
    {"+1,2:a->x", 0, RECORD_BAD, 0, "inside record 1"},
    {"+", 0, RECORD_BAD, 0, "inside record 1"},
    {"+1,2:a->xy\n+1,2:b", 0, RECORD_BAD, 1, "inside record 2"},
    {"+1,9223372036854775807:a->xy\n\n", 0, RECORD_BAD, 0, "inside record 1"},
    {"+1,9223372036854775808:a->xy\n\n", 0, RECORD_BAD, 0, "data is longer than"},
    {"+1,99999999999999999999:a->xy\n\n", 0, RECORD_BAD, 0, "data is longer than"},
    {"+1,2:a->xyz\n\n", 0, RECORD_BAD, 0, "no newline after the data"},
    {"+1,1:a->xy\n\n", 0, RECORD_BAD, 0, "no newline after the data"},
    {"+2,2:a->xy\n\n", 0, RECORD_BAD, 0, "no '->'"},
    {"+1,2:ab->xy\n\n", 0, RECORD_BAD, 0, "no '->'"},
    {"+01,2:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1,02:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1,00:a->\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"++1,2:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1,-2:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1, 2:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+,2:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1,:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1:a->xy\n\n", 0, RECORD_BAD, 0, "invalid length"},
    {"+1,2:a->xy\nx", 0, RECORD_BAD, 0, "no record, marker or end"},
    {"+1,2:a->xy\n\r\n", 0, RECORD_BAD, 0, "no record, marker or end"},
    {"+1,2:a->xy\n+1,2x:b->xy\n\n", 0, RECORD_BAD, 0, "no record, marker or end"},
    {"+1,2:a->xy\n+1", 0, RECORD_BAD, 1, "truncated"},
    {"+1,2:a->xy\n\n\r\n", 0, RECORD_BAD, 1, "no '+'"},
    /* A writer was killed after the first byte of its data. */
    {"+1,11:a->x+1,4:b->yy\nz\n\n", 0, RECORD_BAD, 0, "no record, marker or end"},
    {"II*\0abc", 7, RECORD_BAD, 0, "a TIFF file"},
    {"\2\0\0\0\0\0\0\0{}", 10, RECORD_BAD, 0, "a safetensors file"},
    {"key\tVH=/a.tif\n", 0, RECORD_BAD, 0, "group lines"},
    {"\x1f\x8b\x08", 0, RECORD_BAD, 0, "gzip data"},
    {"/data/a.tif\n", 0, RECORD_BAD, 0, "not records (text)"},
    {"\1\2\3\4", 0, RECORD_BAD, 0, "not records"},
};

/* A file with these bytes, at its start. */
static int
file_of(const char *bytes, size_t len)
{
	FILE *f = tmpfile();
	if (!f || fwrite(bytes, 1, len, f) != len || fflush(f) != 0)
		exit(1);
	int fd = dup(fileno(f));
	fclose(f);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* A pipe into which a child writes one byte at a time. */
static int
trickle_of(const char *bytes, size_t len)
{
	int ends[2];
	if (pipe(ends) != 0)
		exit(1);
	if (fork() == 0) {
		close(ends[0]);
		for (size_t i = 0; i < len; i++) {
			if (write(ends[1], bytes + i, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void
start(struct record_reader *r, struct source *source, int fd)
{
	source_start(source, fd);
	*r = (struct record_reader){.source = source};
}

static enum record_status
read_all(struct record_reader *r, struct error *why)
{
	struct record rec;
	char byte;
	enum record_status status;
	while ((status = record_next(r, &rec, why)) == RECORD_OK) {
		while (r->left > 0 && status == RECORD_OK)
			status = record_data(r, &byte, 1, why);
		if (status == RECORD_OK)
			status = record_done(r, why);
		if (status != RECORD_OK)
			return status;
	}
	return status;
}

static void
check_case(size_t i, int fd, const char *how)
{
	struct source source;
	struct record_reader r;
	struct error why = {.text = ""};
	start(&r, &source, fd);
	enum record_status status = read_all(&r, &why);
	ok(status == cases[i].end && r.records == cases[i].records &&
	        (!cases[i].why || strstr(why.text, cases[i].why)),
	    "case %zu, %s: status %d, %u records, %s", i, how, (int)status, (unsigned)r.records,
	    why.text);
	source_free(&source);
	close(fd);
}

static void
test_reading(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = cases[i].len ? cases[i].len : strlen(cases[i].input);
		check_case(i, file_of(cases[i].input, len), "file");
		check_case(i, trickle_of(cases[i].input, len), "byte by byte");
		while (wait(NULL) > 0)
			;
	}
}

/* ---- writing ---- */

static char
pattern(size_t i)
{
	return (char)(i * 31 + i / 251);
}

static void
test_round_trip(void)
{
	static const size_t sizes[] = {0, 1, 100, 65535, 65536, 65537, 1 << 20, 3000000};
	enum { COUNT = sizeof sizes / sizeof *sizes };
	struct error why = {.text = ""};
	char *bytes = malloc(3000000), *back = malloc(3000000);
	FILE *f = tmpfile();
	if (!bytes || !back || !f)
		exit(1);
	for (size_t i = 0; i < 3000000; i++)
		bytes[i] = pattern(i);
	int bad = 0;
	for (size_t i = 0; i < COUNT; i++)
		bad |= record_write(fileno(f), "k\0y", 3, bytes, sizes[i], &why);
	ok(!bad && record_write_end(fileno(f), &why) == 0, "records are written");
	lseek(fileno(f), 0, SEEK_SET);
	struct source source;
	struct record_reader r;
	struct record rec;
	start(&r, &source, fileno(f));
	for (size_t i = 0; i < COUNT; i++) {
		int fine = record_next(&r, &rec, &why) == RECORD_OK && rec.key_len == 3 &&
		           memcmp(rec.key, "k\0y", 4) == 0 && rec.data_len == sizes[i];
		/* in two pieces: a small one from the buffer and a large one past it */
		size_t first = sizes[i] < 50 ? sizes[i] : 50;
		fine = fine && record_data(&r, back, first, &why) == RECORD_OK &&
		       record_data(&r, back + first, sizes[i] - first, &why) == RECORD_OK &&
		       record_done(&r, &why) == RECORD_OK && memcmp(back, bytes, sizes[i]) == 0;
		ok(fine, "a record of %zu bytes comes back: %s", sizes[i], why.text);
	}
	ok(record_next(&r, &rec, &why) == RECORD_END && r.records == COUNT, "and the end");
	source_free(&source);
	free(bytes);
	free(back);
	fclose(f);
}

static void
test_refusals(void)
{
	char long_key[512];
	struct error why;
	int full = open("/dev/full", O_WRONLY);
	memset(long_key, 'k', sizeof long_key);
	ok(record_write(1, "", 0, NULL, 0, &why) != 0, "no key: %s", why.text);
	ok(record_write(1, long_key, 512, NULL, 0, &why) != 0, "a key of 512 bytes: %s", why.text);
	if (full >= 0) {
		ok(record_write(full, "k", 1, NULL, 0, &why) != 0 && strstr(why.text, "No space"),
		    "a full device: %s", why.text);
		ok(record_write_end(full, &why) != 0, "the end marker too: %s", why.text);
		close(full);
	}
}

/* Writers in parallel on one pipe whose records are larger than what a pipe takes at once. */
static void
test_lock(void)
{
	enum { WRITERS = 4, EACH = 50, SIZE = 100000 };
	static char bytes[SIZE], back[SIZE];
	struct error why = {.text = ""};
	int ends[2], bad = 0;
	unsigned count = 0;
	if (pipe(ends) != 0)
		exit(1);
	fflush(stdout);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() != 0)
			continue;
		close(ends[0]);
		memset(bytes, 'a' + w, SIZE);
		for (int i = 0; i < EACH; i++) {
			if (record_write(ends[1], bytes, 1, bytes, SIZE, &why) != 0)
				_exit(1);
		}
		_exit(record_write_end(ends[1], &why) != 0);
	}
	close(ends[1]);
	struct source source;
	struct record_reader r;
	struct record rec;
	start(&r, &source, ends[0]);
	while (record_next(&r, &rec, &why) == RECORD_OK &&
	       record_data(&r, back, SIZE, &why) == RECORD_OK &&
	       record_done(&r, &why) == RECORD_OK) {
		bad |= back[0] != rec.key[0] || memcmp(back, back + 1, SIZE - 1) != 0;
		count++;
	}
	ok(!bad && count == WRITERS * EACH && r.marker, "%u records of %d writers: %s", count,
	    WRITERS, why.text);
	source_free(&source);
	close(ends[0]);
	while (wait(NULL) > 0)
		;
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* nothing pending when a child is made */
	test_reading();
	test_round_trip();
	test_refusals();
	test_lock();
	ok(detect_format("", 0) == FORMAT_UNKNOWN, "nothing has no format");
	ok(detect_format("+1,2:a", 6) == FORMAT_RECORDS, "a record stream");
	for (int kind = FORMAT_UNKNOWN + 1; kind <= FORMAT_TABLE; kind++)
		ok(format_name((enum format)kind) != NULL, "kind %d has a name", kind);
	return tap_done();
}
