#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#endif
#endif

#include "stream/record.h"

#include "base/stop.h"
#include "stream/sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PIPE_SIZE = 1 << 20,
	BUFFER_SIZE = 1 << 20,
	/* Read ahead of what was asked for: small against a record, so that most of its data is
	 * read to where it belongs and not copied there. */
	READ_AHEAD = 16 << 10,
	KEY_LIMIT = 511,
	BATCH = 64 /* pieces in one writev, within every system's IOV_MAX */
};

#define DATA_LIMIT INT64_MAX

/* ---- writing ---- */

/* Locks fd for writers (F_WRLCK) or unlocks it (F_UNLCK). Returns 1, 0 if fd cannot be locked, -1
 * when a signal asked to stop meanwhile. */
static int
set_lock(int fd, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
	while (fcntl(fd, F_SETLKW, &whole) != 0) {
		if (errno != EINTR)
			return 0;
		if (stop_signal())
			return -1;
	}
	return 1;
}

/* Writes all pieces, at most BATCH of them; uses them up. */
static int
write_pieces(int fd, struct iovec *v, size_t count, struct error *why)
{
	while (count > 0) {
		if (v->iov_len == 0) {
			v++;
			count--;
			continue;
		}
		ssize_t n = writev(fd, v, (int)count);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd ready = {.fd = fd, .events = POLLOUT};
			poll(&ready, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return error_errno(why, "writing");
		}
		for (size_t left = n > 0 ? (size_t)n : 0; left > 0; v += v->iov_len == 0) {
			/* NOLINTNEXTLINE(clang-analyzer-core.*): writev wrote no more than v has */
			size_t part = left < v->iov_len ? left : v->iov_len;
			if (part > 0) /* an empty piece may have no base */
				v->iov_base = (char *)v->iov_base + part;
			v->iov_len -= part;
			left -= part;
			count -= v->iov_len == 0;
		}
	}
	return 0;
}

/* Writes head, parts and a newline. */
static int
write_framed(int fd, const struct iovec *head, size_t head_count, const struct iovec *parts,
    size_t part_count, struct error *why)
{
	static char newline[] = "\n";
	struct iovec v[BATCH];
	size_t n = 0;
	for (; n < head_count; n++)
		v[n] = head[n];
	for (size_t i = 0; i < part_count; i++) {
		v[n++] = parts[i];
		if (n < BATCH)
			continue;
		if (write_pieces(fd, v, n, why) != 0)
			return -1;
		n = 0;
	}
	v[n++] = (struct iovec){newline, 1};
	return write_pieces(fd, v, n, why);
}

static int
write_locked(int fd, const struct iovec *head, size_t head_count, const struct iovec *parts,
    size_t part_count, struct error *why)
{
	int locked = set_lock(fd, F_WRLCK);
	if (locked < 0)
		return error_set(why, "stopped by a signal");
	int status = write_framed(fd, head, head_count, parts, part_count, why);
	if (locked)
		set_lock(fd, F_UNLCK);
	return status;
}

int
record_write(int fd, const void *key, size_t key_len, const struct iovec *parts, size_t part_count,
    struct error *why)
{
	uint64_t data_len = 0;
	for (size_t i = 0; i < part_count; i++)
		data_len += parts[i].iov_len;
	if (key_len < 1 || key_len > KEY_LIMIT)
		return error_set(
		    why, "the key has %zu bytes: 1 to %d are possible", key_len, KEY_LIMIT);
	char front[KEY_LIMIT + 64];
	size_t len = (size_t)snprintf(front, sizeof front, "+%zu,%" PRIu64 ":", key_len, data_len);
	memcpy(front + len, key, key_len);
	memcpy(front + len + key_len, "->", 2);
	struct iovec head = {front, len + key_len + 2};
	return write_locked(fd, &head, 1, parts, part_count, why);
}

int
record_write_end(int fd, struct error *why)
{
	return write_locked(fd, NULL, 0, NULL, 0, why);
}

/* ---- reading ---- */

int
record_reader_start(struct record_reader *r, int fd)
{
	*r = (struct record_reader){.fd = fd};
#ifdef F_SETPIPE_SZ
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE); /* only a speedup: fails on what is no pipe */
#endif
	r->buffer = malloc(BUFFER_SIZE);
	return r->buffer ? 0 : -1;
}

void
record_reader_free(struct record_reader *r)
{
	free(r->buffer);
	r->buffer = NULL;
}

/* What a read of nothing or less means for a reader that needed a byte. */
static enum record_status
read_status(ssize_t n, struct error *why)
{
	if (n == 0)
		return RECORD_TRUNCATED;
	if (stop_signal()) {
		error_set(why, "stopped by a signal");
		return RECORD_STOPPED;
	}
	error_errno(why, "reading");
	return RECORD_FAILED;
}

/* Fills the empty buffer with at most `size` bytes. RECORD_TRUNCATED (without a reason) at the end
 * of the input. */
static enum record_status
fill(struct record_reader *r, size_t size, struct error *why)
{
	ssize_t n = stop_read(r->fd, r->buffer, size);
	r->at = 0;
	r->len = n > 0 ? (size_t)n : 0;
	return n > 0 ? RECORD_OK : read_status(n, why);
}

/* Takes `size` bytes, from the buffer and then directly. As fill. */
static enum record_status
take(struct record_reader *r, void *to, size_t size, struct error *why)
{
	char *out = to;
	while (size > 0) {
		size_t have = r->len - r->at;
		if (have == 0 && size >= READ_AHEAD) {
			ssize_t n = stop_read(r->fd, out, size < SSIZE_MAX ? size : SSIZE_MAX);
			if (n <= 0)
				return read_status(n, why);
			r->offset += (size_t)n;
			out += n;
			size -= (size_t)n;
			continue;
		}
		if (have == 0) {
			enum record_status status = fill(r, READ_AHEAD, why);
			if (status != RECORD_OK)
				return status;
			have = r->len;
		}
		size_t part = have < size ? have : size;
		memcpy(out, r->buffer + r->at, part);
		r->at += part;
		r->offset += part;
		out += part;
		size -= part;
	}
	return RECORD_OK;
}

static enum record_status
bad(struct error *why, const struct record_reader *r, const char *what)
{
	error_set(why,
	    "record %" PRIu64 ", byte %" PRIu64
	    ": %s: the input is damaged, or several writers without locks were mixed",
	    r->records + 1, r->offset, what);
	return RECORD_BAD;
}

/* Words for the end of the input inside a record; other statuses pass. */
static enum record_status
inside(enum record_status status, const struct record_reader *r, struct error *why)
{
	if (status == RECORD_TRUNCATED)
		error_set(why,
		    "the input was cut off: it ends inside record %" PRIu64 ", at byte %" PRIu64,
		    r->records + 1, r->offset);
	return status;
}

/* A decimal number without sign or leading zeros, up to the byte `end`. */
static enum record_status
take_number(struct record_reader *r, char end, uint64_t max, uint64_t *value, struct error *why)
{
	uint64_t n = 0;
	for (int digits = 0;; digits++) {
		char c;
		enum record_status status = take(r, &c, 1, why);
		if (status != RECORD_OK)
			return inside(status, r, why);
		if (c == end && digits > 0)
			break;
		if (c < '0' || c > '9' || (digits > 0 && n == 0))
			return bad(why, r, "a length is no decimal number");
		unsigned digit = (unsigned)(c - '0');
		if (n > (max - digit) / 10) {
			error_set(why,
			    "record %" PRIu64 ": the %s is longer than %" PRIu64 " bytes",
			    r->records + 1, end == ',' ? "key" : "data", max);
			return RECORD_BAD;
		}
		n = n * 10 + digit;
	}
	*value = n;
	return RECORD_OK;
}

/* The input does not start as a record stream: says what it seems to be, from its first bytes. */
static enum record_status
not_records(struct record_reader *r, struct error *why)
{
	enum { ENOUGH = 512 };
	static const struct {
		const char *kind, *mend;
	} mends[] = {
	    {"gzip data", "put 'gzip -dc' before"},
	    {"zstd data", "put 'zstd -dc' before"},
	    {"xz data", "put 'xz -dc' before"},
	    {"an LMDB data file", "'rsenc-dump DB' writes the records of a database"},
	    {"a bare safetensors blob", "rsenc-pack writes records with -r"},
	    {"group lines", "put 'rsenc-pack -r' before"},
	};
	const char *mend = "records come from 'rsenc-scan DATASET DIR | rsenc-pack -r'";
	for (ssize_t n = 1; n > 0 && r->len<ENOUGH; r->len += n> 0 ? (size_t)n : 0)
		n = stop_read(r->fd, r->buffer + r->len, ENOUGH - r->len);
	const char *kind = kind_guess(r->buffer, r->len);
	if (!kind) {
		error_set(why, "the input is no record stream: %s", mend);
		return RECORD_BAD;
	}
	for (size_t i = 0; i < sizeof mends / sizeof *mends; i++) {
		if (strcmp(kind, mends[i].kind) == 0)
			mend = mends[i].mend;
	}
	error_set(why, "the input is %s, not a record stream: %s", kind, mend);
	return RECORD_BAD;
}

/* The end of the input where a record could start. */
static enum record_status
at_end(const struct record_reader *r, struct error *why)
{
	if (r->marker)
		return RECORD_END;
	if (r->offset == 0)
		error_set(why, "the input is empty: did the command before it fail?");
	else
		error_set(why,
		    "the input was cut off: there is no end marker after record %" PRIu64
		    " (did the command before it fail?)",
		    r->records);
	return RECORD_TRUNCATED;
}

/* Takes end markers and the '+' of a record. */
static enum record_status
take_plus(struct record_reader *r, struct error *why)
{
	for (;;) {
		char c;
		enum record_status status = take(r, &c, 1, why);
		if (status == RECORD_TRUNCATED)
			return at_end(r, why);
		if (status != RECORD_OK)
			return status;
		if (c != '+' && c != '\n')
			return r->offset == 1 ? not_records(r, why)
			                      : bad(why, r, "there is no '+' to start it");
		r->marker = c == '\n';
		if (c == '+')
			return RECORD_OK;
	}
}

enum record_status
record_next(struct record_reader *r, struct record *rec, struct error *why)
{
	if (stop_signal()) {
		error_set(why, "stopped by a signal");
		return RECORD_STOPPED;
	}
	uint64_t key_len = 0;
	enum record_status status = take_plus(r, why);
	if (status == RECORD_OK)
		status = take_number(r, ',', KEY_LIMIT, &key_len, why);
	if (status == RECORD_OK)
		status = take_number(r, ':', DATA_LIMIT, &rec->data_len, why);
	if (status != RECORD_OK)
		return status;
	if (key_len == 0) {
		error_set(why, "record %" PRIu64 ": the key is empty", r->records + 1);
		return RECORD_BAD;
	}
	char arrow[2];
	status = take(r, rec->key, (size_t)key_len, why);
	if (status == RECORD_OK)
		status = take(r, arrow, sizeof arrow, why);
	if (status != RECORD_OK)
		return inside(status, r, why);
	rec->key[key_len] = '\0';
	rec->key_len = (size_t)key_len;
	if (memcmp(arrow, "->", 2) != 0)
		return bad(why, r, "there is no '->' after the key");
	r->left = rec->data_len;
	return RECORD_OK;
}

enum record_status
record_data(struct record_reader *r, void *to, size_t size, struct error *why)
{
	if (size > r->left) {
		error_set(
		    why, "asked for %zu bytes of data where %" PRIu64 " are left", size, r->left);
		return RECORD_FAILED;
	}
	enum record_status status = take(r, to, size, why);
	if (status == RECORD_OK)
		r->left -= size;
	return inside(status, r, why);
}

enum record_status
record_done(struct record_reader *r, struct error *why)
{
	char c;
	enum record_status status = take(r, &c, 1, why);
	if (status != RECORD_OK)
		return inside(status, r, why);
	if (c != '\n')
		return bad(why, r, "there is no newline after its data");
	r->records++;
	return RECORD_OK;
}

enum record_status
record_skip(struct record_reader *r, struct error *why)
{
	enum record_status status = RECORD_OK;
	while (r->left > 0 && status == RECORD_OK) {
		char piece[16 << 10];
		size_t size = r->left < sizeof piece ? (size_t)r->left : sizeof piece;
		status = record_data(r, piece, size, why);
	}
	return status == RECORD_OK ? record_done(r, why) : status;
}
