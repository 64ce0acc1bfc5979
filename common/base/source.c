#ifdef __linux__
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#endif

#include "base/source.h"

#include "base/alloc.h"
#include "base/signals.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* As much as an unprivileged process may have (/proc/sys/fs/pipe-max-size): between two
	 * commands that only move bytes 828 MB took 0.25 s instead of 0.52 s with the usual
	 * 64 KiB. */
	PIPE_SIZE = 1 << 20,
	/* Skipped bytes of a pipe are read in pieces of this size: `rsenc-show` reads only
	 * headers, and with 16 KiB a patch took eight calls. It fits the processor's second
	 * cache. */
	WASTE = 256 << 10,
	/* Fewer bytes of a file are read and not sought over, for disks are faster then: with a
	 * cold cache, the headers of a tar of 30 KB files took 1.7 s with seeks only and 0.7 s
	 * without. */
	NEAR = 128 << 10
};

void
source_start(struct source *s, int fd)
{
	struct stat st;
	*s = (struct source){.fd = fd};
#ifdef F_SETPIPE_SZ
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE); /* fails for other files, and then nothing changes */
#endif
	/* Where it is open: it may be standard input, and partly read. */
	off_t at = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
	s->seekable = at >= 0;
	if (s->seekable) {
		s->start = (uint64_t)at;
		s->end = (uint64_t)st.st_size;
	}
	s->buffer = xmalloc(SOURCE_PEEK_MAX + WASTE); /* pages that are not used cost nothing */
}

void
source_free(struct source *s)
{
	free(s->buffer);
	s->buffer = NULL;
}

uint64_t
source_left(const struct source *s)
{
	uint64_t at = s->start + s->offset;
	if (!s->seekable)
		return UINT64_MAX;
	return s->end > at ? s->end - at : 0;
}

ssize_t
source_peek(struct source *s, size_t enough, const char **bytes)
{
	/* Only when there is too little: most looks are for a byte that is there, and move
	 * nothing. */
	if (s->at > 0 && s->len - s->at < enough) {
		memmove(s->buffer, s->buffer + s->at, s->len - s->at);
		s->len -= s->at;
		s->at = 0;
	}
	while (s->len - s->at < enough) {
		ssize_t n = signals_read(s->fd, s->buffer + s->len, SOURCE_PEEK_MAX - s->len);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		s->len += (size_t)n;
	}
	*bytes = s->buffer + s->at;
	return (ssize_t)(s->len - s->at);
}

ssize_t
source_take(struct source *s, void *to, size_t size)
{
	const char *bytes;
	size_t got = 0;
	while (got < size) {
		char *out = (char *)to + got;
		size_t left = size - got;
		/* Not through the buffer: a value of a megabyte is not copied a second time. */
		bool direct = s->at == s->len && left >= SOURCE_PEEK_MAX;
		ssize_t n = direct ? signals_read(s->fd, out, left) : source_peek(s, 1, &bytes);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		if (!direct) {
			n = (size_t)n < left ? n : (ssize_t)left;
			memcpy(out, bytes, (size_t)n);
			s->at += (size_t)n;
		}
		got += (size_t)n;
		s->offset += (size_t)n;
	}
	return (ssize_t)got;
}

int64_t
source_skip(struct source *s, uint64_t size)
{
	uint64_t passed = s->len - s->at < size ? s->len - s->at : size;
	s->at += (size_t)passed;
	s->offset += passed;
	/* lseek(2) succeeds beyond the end of a file: to its size, so that a truncated file is
	 * short here, too. */
	uint64_t left_in_file = s->seekable ? source_left(s) : 0, far = size - passed;
	far = far < left_in_file ? far : left_in_file;
	if (far >= NEAR && lseek(s->fd, (off_t)far, SEEK_CUR) >= 0) {
		passed += far;
		s->offset += far;
	}
	while (passed < size) {
		uint64_t left = size - passed;
		char *waste = s->buffer + SOURCE_PEEK_MAX;
		ssize_t n = source_take(s, waste, left < WASTE ? (size_t)left : WASTE);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		passed += (size_t)n;
	}
	return (int64_t)passed;
}
