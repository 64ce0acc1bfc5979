#include "stream/record.h"

#include "base/file.h"
#include "base/number.h"
#include "stream/detect_format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- writing ---- */

/* Several writers of one pipe (xargs -P, GNU parallel) would mix records that are larger than
 * PIPE_BUF. A POSIX lock on the pipe itself needs no file beside it, and ends with a writer that is
 * killed. Some file systems have no locks, terminals and /dev/null neither: one writer alone needs
 * none, and whether there are more is not known here. */
static void
record_lock(int fd, short type)
{
	/* The whole file, from its start: writers of one file must meet at one lock, wherever
	 * each writes. */
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
	while (fcntl(fd, F_SETLKW, &whole) != 0 && errno == EINTR)
		;
}

static int
record_write_locked(int fd, struct iovec *v, int count, struct error *why)
{
	record_lock(fd, F_WRLCK);
	int status = file_writev_all(fd, v, count) == 0 ? 0 : error_errno(why, "writing");
	record_lock(fd, F_UNLCK);
	return status;
}

int
record_write(
    int fd, const void *key, size_t key_len, const void *data, size_t data_len, struct error *why)
{
	/* A key that a reader refuses would damage the stream for all records after it. */
	if (key_len < 1 || key_len > KEY_MAX)
		return error_set(
		    why, "the key has %zu bytes: at least 1 and at most %d", key_len, KEY_MAX);
	char front[KEY_MAX + 64], newline[] = "\n";
	size_t len = (size_t)snprintf(front, sizeof front, "+%zu,%zu:", key_len, data_len);
	memcpy(front + len, key, key_len);
	memcpy(front + len + key_len, "->", 2);
	struct iovec v[] = {
	    {front, len + key_len + 2}, {(void *)(uintptr_t)data, data_len}, {newline, 1}};
	return record_write_locked(fd, v, 3, why);
}

int
record_write_end(int fd, struct error *why)
{
	/* Under the lock, too: inside another writer's record a newline would damage it. */
	char newline[] = "\n";
	struct iovec v = {newline, 1};
	return record_write_locked(fd, &v, 1, why);
}

/* ---- reading ---- */

/* The reason why a source gave fewer bytes than a record has, or a read failed (`got` < 0). */
static enum record_status
record_short(const struct record_reader *r, int64_t got, struct error *why)
{
	if (got < 0) {
		error_errno(why, "reading");
		return RECORD_BAD;
	}
	error_set(why,
	    "truncated: ends inside record %" PRIu64 ", at byte %" PRIu64
	    " (the command that wrote it may have failed)",
	    r->records + 1, r->source->offset);
	error_kind(why, ERROR_TRUNCATED);
	return RECORD_BAD;
}

/* Takes `size` bytes of a record: some bytes of a number, a key or a value are not one. */
static enum record_status
record_take(struct record_reader *r, void *to, size_t size, struct error *why)
{
	ssize_t got = source_take(r->source, to, size);
	return got >= 0 && (size_t)got == size ? RECORD_OK : record_short(r, got, why);
}

static enum record_status
record_bad(struct error *why, const struct record_reader *r, const char *what)
{
	error_set(why,
	    "record %" PRIu64 ", byte %" PRIu64
	    ": %s: the stream is damaged, or unlocked writers were mixed",
	    r->records + 1, r->source->offset, what);
	return RECORD_BAD;
}

/* A decimal number without sign or leading zeros, up to the byte `end`. */
static enum record_status
record_take_number(
    struct record_reader *r, char end, uint64_t max, uint64_t *value, struct error *why)
{
	char text[32];
	size_t len = 0;
	enum record_status status;
	while ((status = record_take(r, &text[len], 1, why)) == RECORD_OK && text[len] >= '0' &&
	       text[len] <= '9' && len < sizeof text - 1)
		len++;
	if (status != RECORD_OK)
		return status;
	/* Strictly as cdbmake reads it: a blank, a sign or a leading zero is damage, which must be
	 * found here and not in the data. */
	if (text[len] != end || len == 0 || (len > 1 && *text == '0'))
		return record_bad(why, r, "invalid length");
	text[len] = '\0';
	if (!number_parse(text, 0, max, value))
		return RECORD_OK;
	error_set(why, "record %" PRIu64 ": the %s is longer than %" PRIu64 " bytes",
	    r->records + 1, end == ',' ? "key" : "data", max);
	return RECORD_BAD;
}

/* The input does not start as a record stream: reports what it seems to be. */
static enum record_status
record_refuse(struct record_reader *r, struct error *why)
{
	const char *bytes;
	ssize_t len = source_peek(r->source, FORMAT_BYTES, &bytes);
	enum format kind = len > 0 ? detect_format(bytes, (size_t)len) : FORMAT_UNKNOWN;
	format_error(why, FORMAT_RECORDS, kind);
	return RECORD_BAD;
}

/* The end of the input where a record could start. */
static enum record_status
record_at_end(const struct record_reader *r, struct error *why)
{
	/* The end is explicit (https://cr.yp.to/cdb/cdbmake.html: an additional newline). That
	 * the input ended between two records proves nothing: a writer that was killed there
	 * looks the same. */
	if (r->marker)
		return RECORD_END;
	/* If one of our commands wrote it, that one has reported why: point there. */
	if (r->source->offset == 0)
		error_set(why, "is empty: the command that wrote it may have failed");
	else
		error_set(why,
		    "truncated: no end marker after record %" PRIu64
		    " (the command that wrote it may have failed)",
		    r->records);
	error_kind(why, ERROR_TRUNCATED);
	return RECORD_BAD;
}

/* Takes end markers and the '+' of a record. */
static enum record_status
record_take_plus(struct record_reader *r, struct error *why)
{
	for (;;) {
		const char *next;
		ssize_t got = source_peek(r->source, 1, &next);
		if (got <= 0)
			return got < 0 ? record_short(r, got, why) : record_at_end(r, why);
		char c = *next;
		if (c != '+' && c != '\n' && r->source->offset == 0)
			return record_refuse(r, why);
		record_take(r, &c, 1, why);
		if (c != '+' && c != '\n')
			return record_bad(why, r, "no '+' where a record should start");
		/* More may follow a marker: streams that cat(1) put together, or writers of one
		 * pipe. Only the last thing before the end counts. */
		r->marker = c == '\n';
		if (c == '+')
			return RECORD_OK;
	}
}

enum record_status
record_next(struct record_reader *r, struct record *rec, struct error *why)
{
	uint64_t key_len = 0;
	char arrow[2];
	enum record_status status = record_take_plus(r, why);
	if (status == RECORD_OK)
		status = record_take_number(r, ',', KEY_MAX, &key_len, why);
	if (status == RECORD_OK)
		status = record_take_number(r, ':', INT64_MAX, &rec->data_len, why);
	if (status == RECORD_OK && key_len == 0) /* cdb allows empty keys, LMDB does not */
		return record_bad(why, r, "the key is empty");
	if (status == RECORD_OK)
		status = record_take(r, rec->key, (size_t)key_len, why);
	if (status == RECORD_OK)
		status = record_take(r, arrow, sizeof arrow, why);
	if (status != RECORD_OK)
		return status;
	rec->key[key_len] = '\0';
	rec->key_len = (size_t)key_len;
	if (memcmp(arrow, "->", 2) != 0)
		return record_bad(why, r, "no '->' after the key");
	r->left = rec->data_len;
	return RECORD_OK;
}

enum record_status
record_data(struct record_reader *r, void *to, size_t size, struct error *why)
{
	enum record_status status = record_take(r, to, size, why);
	if (status == RECORD_OK)
		r->left -= size;
	return status;
}

enum record_status
record_rest(struct record_reader *r, struct buf *b, struct error *why)
{
	uint64_t left = r->left;
	if (left >= SIZE_MAX / 4 || buf_try_reserve(b, (size_t)left + 1) != 0) {
		error_set(why, "out of memory: the value has %" PRIu64 " bytes", b->len + left);
		return RECORD_INVALID;
	}
	b->len += (size_t)left;
	return record_data(r, b->data + b->len - left, (size_t)left, why);
}

/* Whether the start of a record follows, an end marker, or the end. */
static bool
record_follows(const struct record_reader *r)
{
	enum { HEAD = 24 }; /* "+511,2147483647:" and more: at most as much as the least record */
	const char *next;
	ssize_t i = 1, got = source_peek(r->source, 1, &next);
	if (got <= 0 || *next != '+')
		return got <= 0 || *next == '\n';
	got = source_peek(r->source, HEAD, &next);
	while (i < got && ((next[i] >= '0' && next[i] <= '9') || next[i] == ','))
		i++;
	return i >= got || next[i] == ':';
}

enum record_status
record_done(struct record_reader *r, struct error *why)
{
	char c;
	enum record_status status = record_take(r, &c, 1, why);
	if (status != RECORD_OK)
		return status;
	/* Data that lost a byte has taken the newline: that must be seen before this record counts
	 * as complete. */
	if (c != '\n')
		return record_bad(why, r, "no newline after the data");
	/* If a writer of a shared pipe was killed, bytes of the next one stand in its record, of
	 * which one of 256 is a newline. */
	if (!record_follows(r))
		return record_bad(why, r, "no record, marker or end after the newline");
	r->records++;
	return RECORD_OK;
}

enum record_status
record_skip(struct record_reader *r, struct error *why)
{
	int64_t passed = source_skip(r->source, r->left);
	/* A file is skipped by seeking, but source_skip stops at its end. */
	if (passed < 0 || (uint64_t)passed < r->left)
		return record_short(r, passed, why);
	r->left = 0;
	return record_done(r, why);
}

/* ---- files ---- */

void
record_files_start(struct record_files *f, char **paths)
{
	/* Writable, as argv is: one loop serves operands and no operands. */
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	*f = (struct record_files){.next = paths && *paths ? paths : standard_input,
	    .path = dash,
	    .name = "standard input",
	    .several = paths && *paths && paths[1]};
}

int
record_files_open(struct record_files *f, struct error *why)
{
	if (!*f->next)
		return 0;
	f->path = *f->next++;
	bool is_stdin = strcmp(f->path, "-") == 0;
	f->name = is_stdin ? "standard input" : f->path;
	int fd = is_stdin ? STDIN_FILENO : open(f->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(why, "cannot be opened");
	source_start(&f->source, fd);
	f->reader = (struct record_reader){.source = &f->source};
	f->open = true;
	return 1;
}

enum record_status
record_files_next(struct record_files *f, struct record *rec, struct error *why)
{
	for (;;) {
		int got = f->open ? 1 : record_files_open(f, why);
		if (got <= 0)
			return got < 0 ? RECORD_BAD : RECORD_END;
		enum record_status status = record_next(&f->reader, rec, why);
		if (status != RECORD_END)
			return status;
		record_files_close(f);
	}
}

void
record_files_close(struct record_files *f)
{
	if (!f->open)
		return;
	source_free(&f->source);
	/* If standard input were closed, its number would become the next file's. */
	if (f->source.fd > STDERR_FILENO)
		close(f->source.fd);
	f->open = false;
}
