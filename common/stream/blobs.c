#include "stream/blobs.h"

#include "base/signals.h"
#include "stream/header.h"
#include "stream/detect_format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEEK = 16, /* bytes that tell a blob from a record stream, and are waited for */
	CHUNK = 64 << 10
};

/* A size that nobody knows: of a pipe. No file has it, as off_t has a sign. */
static const uint64_t unknown = UINT64_MAX;

void
input_start(struct input *in, char **paths, bool want_data, uint64_t max_memory)
{
	/* Of its own, and writable as argv is: one loop serves operands and no operands. */
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	*in = (struct input){.fd = -1, .want_data = want_data, .max_memory = max_memory};
	in->paths = paths && *paths ? paths : standard_input;
}

static bool
input_is_stdin(const struct input *in)
{
	return strcmp(in->path, "-") == 0;
}

const char *
input_label(struct input *in)
{
	const char *file = input_is_stdin(in) ? "standard input" : in->path;
	/* Before the first key, and when the stream itself is damaged, only the file can be
	 * blamed. */
	if (!in->records || in->key_len == 0)
		return file;
	if (input_is_stdin(in))
		return in->record.key;
	snprintf(in->label, sizeof in->label, "%s: %s", in->record.key, in->path);
	return in->label;
}

static enum input_status
input_failed(struct error *why, const char *doing)
{
	int cause = errno;
	/* A request to stop makes reads fail: then it is no fault of the input, and not told as
	 * one. */
	if (signals_received())
		return INPUT_STOPPED;
	errno = cause;
	error_errno(why, "%s", doing);
	return INPUT_BAD;
}

static enum input_status
input_bad(struct error *why, const char *text)
{
	error_set(why, "%s", text);
	return INPUT_BAD;
}

/* ---- files ---- */

static void
input_close(struct input *in)
{
	if (in->fd >= 0)
		source_free(&in->source);
	/* Standard input stays: its number would become the next file's. */
	if (in->fd > STDERR_FILENO)
		close(in->fd);
	in->fd = -1;
}

/* Decides by the first bytes what the open file holds. */
static enum input_status
input_recognise(struct input *in, const char *first, size_t len, struct error *why)
{
	enum format kind = detect_format(first, len);
	/* An empty file is never "no blobs": a complete stream has at least its end marker. */
	if (len == 0)
		return input_bad(why, input_is_stdin(in)
		                          ? "the input is empty: did the command before it fail?"
		                          : "the file is empty");
	if (kind == FORMAT_BLOB)
		return INPUT_OK;
	/* Also what is no record at its second look: then the reader of records says where it is
	 * damaged, which tells more than what it looks like. */
	if (*first == '+' || *first == '\n') {
		in->records = true;
		record_reader_start(&in->reader, &in->source);
		return INPUT_OK;
	}
	if (kind == FORMAT_UNKNOWN && len > SAFETENSORS_PREFIX && first[SAFETENSORS_PREFIX] == '{')
		return INPUT_OK; /* whose length is wrong, as will be said */
	format_error(why, FORMAT_BLOB, kind);
	return INPUT_BAD;
}

static enum input_status
input_open(struct input *in, struct error *why)
{
	const char *first;
	in->path = *in->paths++;
	in->records = false;
	in->key_len = 0;
	in->fd = input_is_stdin(in) ? STDIN_FILENO : open(in->path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return input_failed(why, "can't be opened");
	enum input_status status = INPUT_OK;
	if (source_start(&in->source, in->fd) != 0) {
		status = input_bad(why, "out of memory");
	} else {
		/* Looked at and not taken: what follows reads the same bytes from the start,
		 * also of a pipe. */
		ssize_t len = source_peek(&in->source, PEEK, &first);
		if (len >= 0) {
			status = input_recognise(in, first, (size_t)len, why);
		} else if (errno == EISDIR) {
			/* open(2) takes a directory too; it is the first read that tells. */
			status = input_bad(why, "is a directory: run 'rsenc-dump DB' to print the "
			                        "records of a database");
		} else {
			status = input_failed(why, "reading");
		}
	}
	if (status != INPUT_OK)
		input_close(in);
	return status;
}

/* ---- bare blobs ---- */

/* Bytes from the current position to the end of a regular file. */
static uint64_t
input_bytes_left(const struct input *in)
{
	struct stat st;
	/* From the place where it is open: a file may be standard input, and partly read. */
	off_t at = lseek(in->fd, 0, SEEK_CUR);
	if (fstat(in->fd, &st) != 0 || !S_ISREG(st.st_mode) || at < 0 || st.st_size < at)
		return unknown;
	return (uint64_t)(st.st_size - at) + source_buffered(&in->source);
}

static enum input_status
input_too_large(struct error *why, uint64_t limit)
{
	error_memory(why, "the blob is larger than the limit of %" PRIu64 " bytes", limit);
	return INPUT_BAD;
}

/* Reads all the rest: into `body`, or only to count it. */
static enum input_status
input_take_rest(struct input *in, uint64_t *len, struct error *why)
{
	*len = 0;
	for (;;) {
		if (!in->want_data)
			in->body.len = 0;
		/* A pipe does not tell its length: the limit is looked at as it grows, so that
		 * what has no end can't fill the memory. */
		if (in->want_data && in->body.len > in->max_memory)
			return input_too_large(why, in->max_memory);
		if (buf_try_reserve(&in->body, CHUNK) != 0)
			return input_bad(why, "out of memory");
		ssize_t n = source_take(&in->source, in->body.data + in->body.len, CHUNK);
		if (n < 0)
			return input_failed(why, "reading");
		if (n == 0)
			return INPUT_OK;
		in->body.len += (size_t)n;
		*len += (uint64_t)n;
	}
}

static enum input_status
input_check_size(const struct input *in, uint64_t size, struct error *why)
{
	if (!in->want_data || size <= in->max_memory)
		return INPUT_OK;
	error_memory(why, "the blob has %" PRIu64 " bytes, more than the limit of %" PRIu64, size,
	    in->max_memory);
	return INPUT_BAD;
}

static enum input_status
input_take_exactly(struct input *in, struct buf *to, uint64_t size, struct error *why)
{
	/* One byte more: an empty header has a place, too. */
	if (size >= SIZE_MAX || buf_try_reserve(to, (size_t)size + 1) != 0)
		return input_bad(why, "out of memory");
	ssize_t n = source_take(&in->source, to->data + to->len, (size_t)size);
	if (n < 0)
		return input_failed(why, "reading");
	to->len += (size_t)n;
	return (uint64_t)n == size ? INPUT_OK : input_bad(why, "the blob was cut off");
}

static enum input_status
input_read_bare(struct input *in, struct error *why)
{
	size_t header_len = 0;
	uint64_t rest, total = input_bytes_left(in);
	in->header.len = in->body.len = 0;
	enum input_status status = input_take_exactly(in, &in->header, SAFETENSORS_PREFIX, why);
	if (status != INPUT_OK)
		return status;
	/* The format is of https://huggingface.co/docs/safetensors: a length of 8 bytes, JSON,
	 * tensors. The length is checked against the file, where its size is known, before room
	 * is made for it: a wrong one must not ask for memory. */
	if (safetensors_header_len((unsigned char *)in->header.data, total, &header_len, why) != 0)
		return INPUT_BAD;
	in->header.len = 0;
	status = input_take_exactly(in, &in->header, header_len, why);
	/* Read to the end and not as far as the header says: bytes behind the last tensor are an
	 * error, as for the reference library, and only the true total shows them. */
	if (status == INPUT_OK && total == unknown) {
		status = input_take_rest(in, &rest, why);
		total = SAFETENSORS_PREFIX + header_len + rest;
	} else if (status == INPUT_OK) {
		/* Before a byte of it is read: what is too large costs nothing. */
		status = input_check_size(in, total, why);
		rest = total - SAFETENSORS_PREFIX - header_len;
		if (status == INPUT_OK && in->want_data)
			status = input_take_exactly(in, &in->body, rest, why);
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
input_stream_status(struct input *in, enum record_status status)
{
	if (status == RECORD_OK)
		return INPUT_OK;
	if (status == RECORD_STOPPED)
		return INPUT_STOPPED;
	in->key_len = 0; /* the stream is to blame, not a record */
	input_close(in);
	return status == RECORD_END ? INPUT_END : INPUT_BAD;
}

/* The next `size` bytes of the record; *valid becomes false if they can't be held. */
static enum record_status
input_take_data(struct input *in, struct buf *to, uint64_t size, bool *valid, struct error *why)
{
	to->len = 0;
	if (size >= SIZE_MAX || buf_try_reserve(to, (size_t)size + 1) != 0) {
		error_set(why, "out of memory");
		*valid = false;
		return RECORD_OK;
	}
	to->len = (size_t)size;
	return record_data(&in->reader, to->data, (size_t)size, why);
}

/* Reads the current record as far as it is a valid blob; *valid says whether it is. */
static enum record_status
input_read_blob(struct input *in, bool *valid, struct error *why)
{
	enum record_status status = header_of_record(
	    &in->reader, in->size, &in->header, &in->blob, valid, why);
	if (status == RECORD_OK && *valid)
		*valid = input_check_size(in, in->size, why) == INPUT_OK;
	if (status == RECORD_OK && *valid && in->want_data)
		status = input_take_data(in, &in->body, in->reader.left, valid, why);
	return status;
}

static enum input_status
input_read_record(struct input *in, struct error *why)
{
	struct error later;
	later.text[0] = '\0';
	bool valid = true;
	enum record_status status = record_next(&in->reader, &in->record, why);
	if (status != RECORD_OK)
		return input_stream_status(in, status);
	in->key = in->record.key;
	in->key_len = in->record.key_len;
	in->size = in->record.data_len;
	status = input_read_blob(in, &valid, why);
	/* A bad value is left by its length: the record after it can still be read. */
	if (status == RECORD_OK)
		status = record_skip(&in->reader, valid ? why : &later);
	if (status != RECORD_OK) {
		/* Two reasons, one place: that the stream ended weighs more than what was wrong
		 * with one value, as all that follows is lost. */
		if (!valid && later.text[0])
			*why = later;
		return input_stream_status(in, status);
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
		enum input_status status = fresh ? input_open(in, why) : INPUT_OK;
		if (status != INPUT_OK)
			return status;
		if (in->records) {
			status = input_read_record(in, why);
			if (status == INPUT_END)
				continue;
		} else {
			status = input_read_bare(in, why);
			input_close(in);
		}
		if (status == INPUT_OK) {
			in->data = in->want_data ? in->body.data : NULL;
			in->count++;
		}
		return status;
	}
}

void
input_keep(struct input *in, struct safetensors *blob, struct buf *body)
{
	/* A swap, no copy: the caller's old memory serves the next blob, and none is allocated
	 * for it. */
	struct safetensors old_blob = *blob;
	struct buf old_body = *body;
	*blob = in->blob;
	*body = in->body;
	in->blob = old_blob;
	in->body = old_body;
	in->data = NULL;
}

void
input_finish(struct input *in)
{
	input_close(in);
	safetensors_free(&in->blob);
	buf_free(&in->header);
	buf_free(&in->body);
}
