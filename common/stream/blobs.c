#include "stream/blobs.h"

#include "base/stop.h"
#include "stream/header.h"
#include "stream/sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEEK_MIN = 16,  /* bytes that tell a blob from a record stream */
	PEEK_MAX = 512, /* that tell what else it may be */
	CHUNK = 64 << 10
};

static const uint64_t unknown = UINT64_MAX;

void
input_start(struct input *in, char **paths, bool want_data, uint64_t max_memory)
{
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	*in = (struct input){.fd = -1, .want_data = want_data, .max_memory = max_memory};
	in->paths = paths && *paths ? paths : standard_input;
}

static bool
is_stdin(const struct input *in)
{
	return strcmp(in->path, "-") == 0;
}

const char *
input_label(struct input *in)
{
	const char *file = is_stdin(in) ? "standard input" : in->path;
	if (!in->records || in->key_len == 0)
		return file;
	if (is_stdin(in))
		return in->record.key;
	snprintf(in->label, sizeof in->label, "%s: %s", in->record.key, in->path);
	return in->label;
}

/* ---- bytes ---- */

/* Takes up to `size` bytes, fewer only at the end of the file. Returns how many, or -1 with errno
 * (EINTR: asked to stop). */
static ssize_t
take(struct input *in, char *to, size_t size)
{
	struct record_reader *r = &in->reader;
	size_t got = r->len - r->at < size ? r->len - r->at : size;
	memcpy(to, r->buffer + r->at, got);
	r->at += got;
	while (got < size) {
		size_t part = size - got < SSIZE_MAX ? size - got : SSIZE_MAX;
		ssize_t n = stop_read(in->fd, to + got, part);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Looks at the first bytes without taking them. Returns 0, or -1 with errno. */
static int
peek(struct record_reader *r)
{
	r->at = r->len = 0;
	while (r->len < PEEK_MIN) {
		ssize_t n = stop_read(r->fd, r->buffer + r->len, PEEK_MAX - r->len);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		r->len += (size_t)n;
	}
	return 0;
}

static enum input_status
failed(struct error *why, const char *doing)
{
	int cause = errno;
	if (stop_signal())
		return INPUT_STOPPED;
	errno = cause;
	error_errno(why, "%s", doing);
	return INPUT_BAD;
}

static enum input_status
bad(struct error *why, const char *text)
{
	error_set(why, "%s", text);
	return INPUT_BAD;
}

/* ---- files ---- */

static void
close_file(struct input *in)
{
	if (in->fd >= 0)
		record_reader_free(&in->reader);
	if (in->fd > STDERR_FILENO)
		close(in->fd);
	in->fd = -1;
}

/* Decides by the first bytes what the open file holds. */
static enum input_status
recognise(struct input *in, struct error *why)
{
	const struct record_reader *r = &in->reader;
	const char *first = r->buffer;
	const char *kind = kind_guess(first, r->len);
	in->records = false;
	if (r->len == 0)
		return bad(why, is_stdin(in) ? "the input is empty: did the command before it fail?"
		                             : "the file is empty");
	if (kind && strcmp(kind, "a bare safetensors blob") == 0)
		return INPUT_OK;
	if (*first == '+' || *first == '\n') {
		in->records = true;
		return INPUT_OK;
	}
	if (!kind && r->len > SAFETENSORS_PREFIX && first[SAFETENSORS_PREFIX] == '{')
		return INPUT_OK; /* whose length is wrong, as will be said */
	error_set(why,
	    "%s%s neither a safetensors blob nor a record stream: "
	    "rsenc-pack makes them of TIFF files, rsenc-dump of a database",
	    kind ? kind : "this is", kind ? "," : "");
	return INPUT_BAD;
}

static enum input_status
open_next(struct input *in, struct error *why)
{
	in->path = *in->paths++;
	in->records = false;
	in->key_len = 0;
	in->fd = is_stdin(in) ? STDIN_FILENO : open(in->path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return failed(why, "can't be opened");
	if (record_reader_start(&in->reader, in->fd) != 0) {
		close_file(in);
		return bad(why, "out of memory");
	}
	enum input_status status = INPUT_OK;
	if (peek(&in->reader) != 0)
		status =
		    errno == EISDIR
		        ? bad(why,
		              "is a directory: 'rsenc-dump DB' writes the records of a database")
		        : failed(why, "reading");
	if (status == INPUT_OK)
		status = recognise(in, why);
	if (status != INPUT_OK)
		close_file(in);
	return status;
}

/* ---- bare blobs ---- */

/* Bytes from the current position to the end of a regular file. */
static uint64_t
bytes_left(const struct input *in)
{
	struct stat st;
	off_t at = lseek(in->fd, 0, SEEK_CUR);
	if (fstat(in->fd, &st) != 0 || !S_ISREG(st.st_mode) || at < 0 || st.st_size < at)
		return unknown;
	return (uint64_t)(st.st_size - at) + in->reader.len - in->reader.at;
}

/* Reads all the rest: into `body`, or only to count it. */
static enum input_status
take_rest(struct input *in, uint64_t *len, struct error *why)
{
	*len = 0;
	for (;;) {
		if (!in->want_data)
			in->body.len = 0;
		if (in->want_data && in->body.len > in->max_memory)
			return bad(why, "the blob is larger than the limit: raise it with -M");
		if (buf_reserve(&in->body, CHUNK) != 0)
			return bad(why, "out of memory");
		ssize_t n = take(in, in->body.data + in->body.len, CHUNK);
		if (n < 0)
			return failed(why, "reading");
		if (n == 0)
			return INPUT_OK;
		in->body.len += (size_t)n;
		*len += (uint64_t)n;
	}
}

static enum input_status
check_size(const struct input *in, uint64_t size, struct error *why)
{
	if (!in->want_data || size <= in->max_memory)
		return INPUT_OK;
	error_set(why, "the blob has %llu bytes, more than the limit of %llu: raise it with -M",
	    (unsigned long long)size, (unsigned long long)in->max_memory);
	return INPUT_BAD;
}

static enum input_status
take_exactly(struct input *in, struct buf *to, uint64_t size, struct error *why)
{
	if (size >= SIZE_MAX || buf_reserve(to, (size_t)size + 1) != 0)
		return bad(why, "out of memory");
	ssize_t n = take(in, to->data + to->len, (size_t)size);
	if (n < 0)
		return failed(why, "reading");
	to->len += (size_t)n;
	return (uint64_t)n == size ? INPUT_OK : bad(why, "the blob was cut off");
}

static enum input_status
read_bare(struct input *in, struct error *why)
{
	size_t header_len = 0;
	uint64_t rest, total = bytes_left(in);
	in->header.len = in->body.len = 0;
	enum input_status status = take_exactly(in, &in->header, SAFETENSORS_PREFIX, why);
	if (status != INPUT_OK)
		return status;
	if (safetensors_header_len((unsigned char *)in->header.data, total, &header_len, why) != 0)
		return INPUT_BAD;
	in->header.len = 0;
	status = take_exactly(in, &in->header, header_len, why);
	if (status == INPUT_OK && total == unknown) {
		status = take_rest(in, &rest, why);
		total = SAFETENSORS_PREFIX + header_len + rest;
	} else if (status == INPUT_OK) {
		status = check_size(in, total, why);
		rest = total - SAFETENSORS_PREFIX - header_len;
		if (status == INPUT_OK && in->want_data)
			status = take_exactly(in, &in->body, rest, why);
	}
	if (status != INPUT_OK)
		return status;
	in->size = total;
	in->key = in->path;
	in->key_len = strlen(in->path);
	return safetensors_parse(in->header.data, header_len, total, &in->blob, why) == 0
	           ? INPUT_OK
	           : INPUT_BAD;
}

/* ---- records ---- */

/* What the reader's status means here: but for a good record, the rest of the file is lost. */
static enum input_status
stream_status(struct input *in, enum record_status status)
{
	if (status == RECORD_OK)
		return INPUT_OK;
	if (status == RECORD_STOPPED)
		return INPUT_STOPPED;
	in->key_len = 0; /* the stream is to blame, not a record */
	close_file(in);
	return status == RECORD_END ? INPUT_END : INPUT_BAD;
}

/* The next `size` bytes of the record; *valid becomes false if they can't be held. */
static enum record_status
take_data(struct input *in, struct buf *to, uint64_t size, bool *valid, struct error *why)
{
	to->len = 0;
	if (size >= SIZE_MAX || buf_reserve(to, (size_t)size + 1) != 0) {
		error_set(why, "out of memory");
		*valid = false;
		return RECORD_OK;
	}
	to->len = (size_t)size;
	return record_data(&in->reader, to->data, (size_t)size, why);
}

/* Reads the current record as far as it is a valid blob; *valid says whether it is. */
static enum record_status
read_blob(struct input *in, bool *valid, struct error *why)
{
	enum record_status status = header_of_record(
	    &in->reader, in->size, &in->header, &in->blob, valid, why);
	if (status == RECORD_OK && *valid)
		*valid = check_size(in, in->size, why) == INPUT_OK;
	if (status == RECORD_OK && *valid && in->want_data)
		status = take_data(in, &in->body, in->reader.left, valid, why);
	return status;
}

static enum input_status
read_record(struct input *in, struct error *why)
{
	struct error later = {""};
	bool valid = true;
	enum record_status status = record_next(&in->reader, &in->record, why);
	if (status != RECORD_OK)
		return stream_status(in, status);
	in->key = in->record.key;
	in->key_len = in->record.key_len;
	in->size = in->record.data_len;
	status = read_blob(in, &valid, why);
	if (status == RECORD_OK)
		status = record_skip(&in->reader, valid ? why : &later);
	if (status != RECORD_OK) {
		if (!valid && later.text[0])
			*why = later;
		return stream_status(in, status);
	}
	return valid ? INPUT_OK : INPUT_BAD;
}

/* ---- all ---- */

enum input_status
input_next(struct input *in, struct error *why)
{
	for (;;) {
		bool fresh = in->fd < 0;
		if (fresh && !*in->paths)
			return INPUT_END;
		enum input_status status = fresh ? open_next(in, why) : INPUT_OK;
		if (status != INPUT_OK)
			return status;
		if (in->records) {
			status = read_record(in, why);
			if (status == INPUT_END)
				continue;
		} else {
			status = read_bare(in, why);
			close_file(in);
		}
		if (status == INPUT_OK) {
			in->data = in->want_data ? in->body.data : NULL;
			in->count++;
		}
		return status;
	}
}

void
input_finish(struct input *in)
{
	close_file(in);
	safetensors_free(&in->blob);
	buf_free(&in->header);
	buf_free(&in->body);
}
