/* Record streams: every record that is read is written again just as it was. */

#define _GNU_SOURCE
#include "base/buf.h"
#include "fuzz.h"
#include "stream/record.h"

#include <unistd.h>

/* An open file with those contents, at its start; the same one every time. */
static int
file_with(FILE **f, const void *bytes, size_t size)
{
	if (!*f)
		*f = tmpfile();
	must(*f != NULL, "a temporary file can be made");
	int fd = fileno(*f);
	must(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	         write(fd, bytes, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0,
	    "a temporary file can be written");
	return fd;
}

/* The record just read ends at r->source->offset of the input. */
static void
check_again(const struct record_reader *r, const struct record *rec, struct buf *value,
    const uint8_t *input)
{
	static FILE *output;
	struct error why;
	int fd = file_with(&output, "", 0);
	must(record_write(fd, rec->key, rec->key_len, value->data, value->len, &why) == 0,
	    "it can be written");
	size_t len = (size_t)lseek(fd, 0, SEEK_CUR);
	char *again = malloc(len);
	must(again && len <= r->source->offset && pread(fd, again, len, 0) == (ssize_t)len &&
	         memcmp(again, input + r->source->offset - len, len) == 0,
	    "a record is written as it was read");
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *input;
	static char piece[100 << 10];
	static struct source started;
	struct record rec;
	struct buf value = {0};
	struct error why;
	enum record_status status;
	uint64_t records = 0;
	int fd = file_with(&input, data, size);
	/* Begun once: a new buffer for each input would take most of the time. */
	if (!started.buffer)
		source_start(&started, fd);
	struct source source = started;
	struct record_reader r = {.source = &source};
	while ((status = record_next(&r, &rec, &why)) == RECORD_OK) {
		must(rec.key_len >= 1 && rec.key_len <= 511 && rec.key[rec.key_len] == '\0',
		    "a key has 1 to 511 bytes and a NUL");
		value.len = 0;
		/* Pieces of changing size: some are read directly, some through the buffer. */
		for (uint64_t left = rec.data_len; left > 0 && status == RECORD_OK;) {
			size_t most = (size_t)((left * 7 + size) % sizeof piece) + 1;
			size_t n = left < most ? (size_t)left : most;
			status = record_data(&r, piece, n, &why);
			if (status == RECORD_OK)
				buf_add(&value, piece, n);
			left -= n;
		}
		if (status != RECORD_OK || (status = record_done(&r, &why)) != RECORD_OK)
			break;
		check_again(&r, &rec, &value, data);
		records++;
	}
	must(status == RECORD_END || *why.text, "a failure has a reason");
	must(source.offset <= size && r.records == records, "it counts right");
	must(status != RECORD_END || (source.offset == size && size > 0 && data[size - 1] == '\n'),
	    "only a complete stream comes to its end");
	buf_free(&value);
	return 0;
}
