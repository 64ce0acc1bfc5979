#include "stream/blob.h"

#include "stream/detect_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	PEEK = 16, /* bytes that distinguish a blob from a record stream */
	CHUNK = 64 << 10
};

void
blob_reader_start(struct blob_reader *b, char **paths, bool want_data, uint64_t max_memory)
{
	*b = (struct blob_reader){.want_data = want_data, .max_memory = max_memory};
	record_files_start(&b->files, paths);
}

const char *
blob_reader_label(struct blob_reader *b)
{
	/* Before the first key, and when the stream itself is damaged, only the file is known. */
	if (!b->records || b->key_len == 0)
		return b->files.name;
	if (strcmp(b->files.path, "-") == 0)
		return b->record.key;
	snprintf(b->label, sizeof b->label, "%s: %s", b->record.key, b->files.path);
	return b->label;
}

/* ---- headers ---- */

/* Reads the length and the JSON. */
static enum record_status
take_header(struct blob_reader *b, struct error *why)
{
	struct record_reader *r = &b->files.reader;
	unsigned char prefix[SAFETENSORS_PREFIX];
	size_t len = 0;
	b->bytes.len = 0;
	if (b->size < SAFETENSORS_PREFIX) {
		error_set(why, "not a safetensors blob (%" PRIu64 " bytes)", b->size);
		return RECORD_INVALID;
	}
	enum record_status status = record_data(r, prefix, sizeof prefix, why);
	if (status != RECORD_OK)
		return status;
	/* The format is of https://huggingface.co/docs/safetensors: a length of 8 bytes, JSON,
	 * tensors. The length is checked before memory is allocated for it. */
	if (safetensors_header_len(prefix, b->size, &len, why) != 0)
		return RECORD_INVALID;
	b->header = sizeof prefix + len;
	buf_reserve(&b->bytes, b->header + 1);
	buf_add(&b->bytes, prefix, sizeof prefix);
	b->bytes.len = b->header;
	return record_data(r, b->bytes.data + sizeof prefix, len, why);
}

static enum record_status
parse_header(struct blob_reader *b, struct error *why)
{
	int bad = safetensors_parse(b->bytes.data + SAFETENSORS_PREFIX,
	    b->header - SAFETENSORS_PREFIX, b->size, &b->blob, why);
	return bad ? RECORD_INVALID : RECORD_OK;
}

/* ---- tensors ---- */

/* Reads the rest of a blob, if it is wanted. */
static enum record_status
take_body(struct blob_reader *b, struct error *why)
{
	if (!b->want_data)
		return RECORD_OK;
	if (b->size <= b->max_memory)
		return record_rest(&b->files.reader, &b->bytes, why);
	error_memory(why, "the blob has %" PRIu64 " bytes, more than the limit of %" PRIu64,
	    b->size, b->max_memory);
	return RECORD_INVALID;
}

/* Reads the rest of a pipe, of unknown length, or only counts it. */
static enum record_status
take_rest(struct blob_reader *b, struct error *why)
{
	ssize_t n = 1;
	for (b->size = b->header; n > 0; b->size += (uint64_t)n) {
		/* Checked as it grows: an endless input must not fill the memory. */
		if (b->want_data && b->size > b->max_memory) {
			error_memory(why, "the blob is larger than the limit of %" PRIu64 " bytes",
			    b->max_memory);
			return RECORD_INVALID;
		}
		buf_reserve(&b->bytes, CHUNK);
		n = source_take(&b->files.source, b->bytes.data + b->bytes.len, CHUNK);
		if (n < 0) {
			error_errno(why, "reading");
			return RECORD_BAD;
		}
		b->bytes.len += b->want_data ? (size_t)n : 0;
	}
	return RECORD_OK;
}

/* ---- one blob ---- */

/* A bare blob is read as a record without a frame. */
static enum blob_status
read_bare(struct blob_reader *b, struct error *why)
{
	/* Bytes after the last tensor are an error, as for the reference library, and only the true
	 * total shows them: of a pipe it is known when all is read. */
	b->size = source_left(&b->files.source);
	bool known = b->size != UINT64_MAX;
	b->files.reader.left = b->size;
	enum record_status status = take_header(b, why);
	if (status == RECORD_OK && !known)
		status = take_rest(b, why);
	if (status == RECORD_OK)
		status = parse_header(b, why);
	if (status == RECORD_OK && known)
		status = take_body(b, why);
	if (status == RECORD_BAD && why->kind == ERROR_TRUNCATED)
		error_set(why, "truncated at byte %" PRIu64, b->files.source.offset);
	b->key = b->files.path;
	b->key_len = strlen(b->key);
	record_files_close(&b->files);
	return status == RECORD_OK ? BLOB_OK : BLOB_BAD;
}

static enum blob_status
read_record(struct blob_reader *b, struct error *why)
{
	struct error bad = {.kind = ERROR_OTHER};
	enum record_status status = record_next(&b->files.reader, &b->record, why);
	if (status == RECORD_OK) {
		b->key = b->record.key;
		b->key_len = b->record.key_len;
		b->size = b->record.data_len;
		status = take_header(b, why);
	}
	if (status == RECORD_OK)
		status = parse_header(b, why);
	if (status == RECORD_OK)
		status = take_body(b, why);
	if (status == RECORD_INVALID && b->strict) {
		record_files_close(&b->files);
		return BLOB_BAD;
	}
	/* A bad value is skipped by its length: the record after it can still be read. That the
	 * stream ends here weighs more than what is wrong with one value. */
	bool valid = status == RECORD_OK;
	if (status == RECORD_INVALID)
		bad = *why;
	if (valid || status == RECORD_INVALID)
		status = record_skip(&b->files.reader, why);
	if (status == RECORD_OK && !valid)
		*why = bad;
	if (status == RECORD_OK)
		return valid ? BLOB_OK : BLOB_BAD;
	b->key_len = 0; /* no key is to blame */
	record_files_close(&b->files);
	return status == RECORD_END ? BLOB_END : BLOB_BAD;
}

/* ---- files ---- */

/* Decides by its first bytes what the open file contains. */
static int
recognise(struct blob_reader *b, struct error *why)
{
	const char *first;
	ssize_t len = source_peek(&b->files.source, PEEK, &first);
	if (len < 0)
		return error_errno(why, "reading");
	enum format f = detect_format(first, (size_t)len);
	/* What begins like a record, but is none, is a damaged stream, and an empty file is not "no
	 * blobs": record_next says so. */
	b->records = f != FORMAT_BLOB && (len == 0 || *first == '+' || *first == '\n');
	/* A blob whose length is wrong is reported as such by safetensors_header_len. */
	bool blob = f == FORMAT_BLOB || (f == FORMAT_UNKNOWN && len > SAFETENSORS_PREFIX &&
	                                    first[SAFETENSORS_PREFIX] == '{');
	return b->records || blob ? 0 : format_error(why, FORMAT_BLOB, f);
}

static enum blob_status
open_next(struct blob_reader *b, struct error *why)
{
	b->records = b->strict;
	b->key_len = 0;
	int got = record_files_open(&b->files, why);
	if (got <= 0)
		return got == 0 ? BLOB_END : BLOB_BAD;
	if (b->strict || recognise(b, why) == 0)
		return BLOB_OK;
	record_files_close(&b->files);
	return BLOB_BAD;
}

enum blob_status
blob_reader_next(struct blob_reader *b, struct error *why)
{
	enum blob_status status = BLOB_END;
	while (status == BLOB_END) {
		status = b->files.open ? BLOB_OK : open_next(b, why);
		if (status != BLOB_OK)
			return status;
		status = b->records ? read_record(b, why) : read_bare(b, why);
	}
	if (status == BLOB_OK)
		b->data = b->want_data ? b->bytes.data + b->header : NULL;
	return status;
}
