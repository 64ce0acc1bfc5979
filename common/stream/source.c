#include "stream/source.h"

#include "base/pipe.h"
#include "base/stop.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
source_start(struct source *s, int fd)
{
	*s = (struct source){.fd = fd};
	pipe_widen(fd);
	s->buffer = malloc(SOURCE_PEEK_MAX);
	return s->buffer ? 0 : -1;
}

void
source_free(struct source *s)
{
	free(s->buffer);
	s->buffer = NULL;
}

uint64_t
source_offset(const struct source *s)
{
	return s->offset;
}

size_t
source_buffered(const struct source *s)
{
	return s->len - s->at;
}

/* Reads more behind what the buffer holds, which has room. As stop_read. */
static ssize_t
source_fill(struct source *s)
{
	ssize_t n = stop_read(s->fd, s->buffer + s->len, SOURCE_PEEK_MAX - s->len);
	s->len += n > 0 ? (size_t)n : 0;
	return n;
}

ssize_t
source_take(struct source *s, void *to, size_t size)
{
	char *out = to;
	size_t got = 0;
	while (got < size) {
		size_t left = size - got, have = s->len - s->at;
		ssize_t n;
		if (have > 0) {
			n = (ssize_t)(have < left ? have : left);
			memcpy(out + got, s->buffer + s->at, (size_t)n);
			s->at += (size_t)n;
		} else if (left >= SOURCE_PEEK_MAX) {
			/* Most of a record's data is read to where it belongs, and not copied. */
			n = stop_read(s->fd, out + got, left < SSIZE_MAX ? left : SSIZE_MAX);
		} else {
			s->at = s->len = 0;
			n = source_fill(s);
			if (n > 0)
				continue;
		}
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
		s->offset += (size_t)n;
	}
	return (ssize_t)got;
}

/* How many of the next bytes of a file are there to be passed over by lseek; 0: it must be read. */
static uint64_t
source_seekable(const struct source *s, uint64_t size)
{
	struct stat st;
	/* Small ones first, before any call: there are millions. */
	off_t at = size < SOURCE_PEEK_MAX ? -1 : lseek(s->fd, 0, SEEK_CUR);
	if (at < 0 || fstat(s->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= at)
		return 0;
	uint64_t left = (uint64_t)(st.st_size - at);
	return size < left ? size : left;
}

int64_t
source_skip(struct source *s, uint64_t size)
{
	uint64_t passed = s->len - s->at < size ? s->len - s->at : size;
	s->at += (size_t)passed;
	s->offset += passed;
	uint64_t far = source_seekable(s, size - passed);
	if (far > 0 && lseek(s->fd, (off_t)far, SEEK_CUR) >= 0) {
		passed += far;
		s->offset += far;
	}
	while (passed < size) {
		char piece[SOURCE_PEEK_MAX];
		uint64_t left = size - passed;
		ssize_t n = source_take(
		    s, piece, left < sizeof piece ? (size_t)left : sizeof piece);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		passed += (size_t)n;
	}
	return (int64_t)passed;
}

ssize_t
source_peek(struct source *s, size_t enough, const char **bytes)
{
	if (s->at > 0 && s->len - s->at < enough) {
		memmove(s->buffer, s->buffer + s->at, s->len - s->at);
		s->len -= s->at;
		s->at = 0;
	}
	while (s->len - s->at < enough) {
		ssize_t n = source_fill(s);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
	}
	*bytes = s->buffer + s->at;
	return (ssize_t)(s->len - s->at);
}
