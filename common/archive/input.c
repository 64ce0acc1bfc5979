#include "archive/input.h"

#include "base/system.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PIPE_BUFFER = 1 << 20,
	/* A page: the blocks of a pax header and of the header behind it come with one call. More would
	 * be read in vain, since data of some kilobytes lies between. */
	FILE_BUFFER = 4 << 10,
	/* Where headers stand that close, the disk is faster when it reads all: measured cold, a tar of
	 * 30 KB files took 1.7 s from header to header and 0.7 s from front to back. */
	CLOSE = 128 << 10,
	AHEAD = 4 << 20
};

/* Tells the system what will be read next, if that is most of what lies ahead. */
static void
input_hint(struct tar_input *in)
{
#ifdef POSIX_FADV_WILLNEED
	uint64_t stride = in->position - in->before;
	in->before = in->position;
	/* While half of what was hinted at is still ahead, there is nothing to add. */
	if (stride > CLOSE || in->position + AHEAD / 2 < in->hinted)
		return;
	if (in->hinted < in->position)
		in->hinted = in->position;
	posix_fadvise(in->fd, (off_t)in->hinted, AHEAD, POSIX_FADV_WILLNEED);
	in->hinted += AHEAD;
#else
	(void)in;
#endif
}

/* Fills the empty buffer. Returns as read(2). Of a pipe data goes through the buffer, too: to read it to
 * where it belongs (readv) and less ahead was tried, with 2 KiB to 1 MiB of buffer, and cost as much CPU:
 * what a copy within the processor's cache takes is what more calls take. */
static ssize_t
input_fill(struct tar_input *in, struct error *why)
{
	if (in->seekable)
		input_hint(in);
	ssize_t n = in->seekable ? pread(in->fd, in->buffer, in->capacity, (off_t)in->position)
	                         : signals_read(in->fd, in->buffer, in->capacity);
	if (n < 0)
		return error_errno(why, "can't be read");
	in->from = 0;
	in->to = (size_t)n;
	in->position += (uint64_t)n;
	return n;
}

/* Reads what is larger than the buffer to where it belongs. */
static ssize_t
input_read_through(struct tar_input *in, char *to, size_t size, struct error *why)
{
	ssize_t n = in->seekable ? pread(in->fd, to, size, (off_t)in->position)
	                         : signals_read(in->fd, to, size);
	if (n < 0)
		return error_errno(why, "can't be read");
	in->position += (uint64_t)n;
	return n;
}

static ssize_t
input_read(void *context, void *to, size_t size, struct error *why)
{
	struct tar_input *in = context;
	size_t got = 0;
	while (got < size) {
		size_t have = in->to - in->from;
		if (have > 0) {
			size_t n = have < size - got ? have : size - got;
			memcpy((char *)to + got, in->buffer + in->from, n);
			in->from += n;
			got += n;
			continue;
		}
		ssize_t n = size - got >= in->capacity
		                ? input_read_through(in, (char *)to + got, size - got, why)
		                : input_fill(in, why);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		/* What was read through is in place; what filled the buffer is copied by the
		 * next turn. */
		if (in->to == in->from)
			got += (size_t)n;
	}
	return (ssize_t)got;
}

static int
input_skip(void *context, uint64_t size, struct error *why)
{
	struct tar_input *in = context;
	for (;;) {
		size_t have = in->to - in->from;
		if (size <= have) {
			in->from += (size_t)size;
			return 1;
		}
		size -= have;
		in->from = in->to;
		if (in->seekable) {
			in->position += size;
			/* The reader has compared sizes; the last padding may be missing. */
			return in->position <= in->end;
		}
		ssize_t n = input_fill(in, why);
		if (n <= 0)
			return (int)n;
	}
}

int
tar_input_open(struct tar_input *in, int fd, struct error *why)
{
	struct stat st;
	*in = (struct tar_input){.fd = fd};
	in->source = (struct tar_source){in, input_read, input_skip, 0};
	if (fstat(fd, &st) != 0)
		return error_errno(why, "can't be examined");
	/* From where the descriptor stands: someone may have read the file's first part. */
	off_t at = S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
	in->seekable = at >= 0;
	if (in->seekable) {
		in->position = (uint64_t)at;
		in->end = st.st_size > at ? (uint64_t)st.st_size : in->position;
		in->source.size = in->end - in->position;
	} else
		pipe_widen(fd);
	in->capacity = in->seekable ? FILE_BUFFER : PIPE_BUFFER;
	in->buffer = malloc(in->capacity);
	return in->buffer ? 0 : error_set(why, "out of memory");
}

int
tar_input_peek(
    struct tar_input *in, size_t size, const void **bytes, size_t *len, struct error *why)
{
	/* A pipe may bring a few bytes at a time. */
	while (in->to < size && in->to < in->capacity) {
		ssize_t n = in->seekable
		                ? pread(in->fd, in->buffer + in->to, in->capacity - in->to,
		                      (off_t)in->position)
		                : signals_read(in->fd, in->buffer + in->to, in->capacity - in->to);
		if (n < 0)
			return error_errno(why, "can't be read");
		if (n == 0)
			break;
		in->to += (size_t)n;
		in->position += (uint64_t)n;
	}
	*bytes = in->buffer;
	*len = in->to < size ? in->to : size;
	return 0;
}

void
tar_input_close(struct tar_input *in)
{
	free(in->buffer);
	*in = (struct tar_input){0};
}
