#include "base/file.h"

#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10, WRITE_MAX = 1 << 30 };

/* Reads until `size` bytes are there or the file ends, asking for one more: that one tells that the
 * file grew, and spares the read that would find its end. Returns how many, or -1. */
static ssize_t
read_all_fd(int fd, char *to, size_t size)
{
	size_t at = 0;
	do {
		ssize_t n = read(fd, to + at, size + 1 - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		at += (size_t)n;
	} while (at < size);
	return (ssize_t)at;
}

/* Whether the file was written to since `before`: what was read may be partly old, partly new. */
static bool
file_changed_since(int fd, const struct stat *before)
{
	struct stat now;
	return fstat(fd, &now) != 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

int
file_read(const char *path, uint64_t max, struct buf *b, struct error *why)
{
	struct stat st;
	int status = -1;
	/* O_NONBLOCK: a FIFO in the place of a file must not hang the run. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	b->len = 0;
	if (fd < 0)
		return error_open(why);
	if (fstat(fd, &st) != 0) {
		error_errno(why, "can't be examined");
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(why, "is not a regular file");
		goto out;
	}
	uint64_t size = (uint64_t)st.st_size;
	if (size > max) {
		error_memory(why, "the file has %" PRIu64 " bytes, more than the limit of %" PRIu64,
		    size, max);
		goto out;
	}
	if (buf_try_reserve(b, (size_t)size + 1) != 0) {
		error_set(why, "out of memory");
		goto out;
	}
	ssize_t n = read_all_fd(fd, b->data, (size_t)size);
	if (n < 0) {
		error_errno(why, "can't be read");
		error_kind(why, ERROR_UNREADABLE);
	} else if ((uint64_t)n != size) {
		error_set(why, "the file changed while it was read: %" PRIu64 " bytes, then %zd",
		    size, n);
	} else if (file_changed_since(fd, &st)) {
		error_set(why, "the file changed while it was read");
	} else {
		b->len = (size_t)size;
		status = 0;
	}
out:
	close(fd);
	return status;
}

void
file_wait_writable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	poll(&ready, 1, -1);
}

int
file_write_all(int fd, const void *bytes, size_t len)
{
	const char *from = bytes;
	while (len > 0) {
		/* Some systems refuse more than INT_MAX. */
		ssize_t n = write(fd, from, len < WRITE_MAX ? len : WRITE_MAX);
		if (n < 0 && errno == EAGAIN)
			file_wait_writable(fd);
		else if (n < 0 && errno != EINTR)
			return -1;
		from += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
file_sync_directory(const char *directory, struct error *why)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(why, "opening its directory");
	int status = fsync(fd);
	int cause = errno;
	close(fd);
	errno = cause;
	/* Some network filesystems have no such thing. */
	if (status != 0 && cause != EINVAL)
		return error_errno(why, "syncing its directory");
	return 0;
}

static int
file_slurp_fd(int fd, size_t max, struct buf *b, struct error *why)
{
	for (size_t start = b->len; b->len - start <= max;) {
		if (buf_try_reserve(b, READ_SIZE) != 0)
			return error_set(why, "out of memory");
		ssize_t n = signals_read(fd, b->data + b->len, READ_SIZE);
		if (n < 0)
			return error_errno(why, "reading");
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
	return error_set(why, "larger than %zu KiB", max >> 10);
}

int
file_read_all(const char *path, size_t max, struct buf *b, struct error *why)
{
	if (strcmp(path, "-") == 0)
		return file_slurp_fd(STDIN_FILENO, max, b, why);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(why, "%s", strerror(errno));
	int status = file_slurp_fd(fd, max, b, why);
	close(fd);
	return status;
}

int
file_unfinished(const char *path, struct error *why)
{
	/* Of aria2, axel, lftp, and browsers. */
	static const char *const endings[] = {".aria2", ".st", ".lftp-pget-status", ".part"};
	char name[PATH_MAX];
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		int n = snprintf(name, sizeof name, "%.*s%s", (int)len, path, endings[i]);
		if (n < 0 || (size_t)n >= sizeof name || access(name, F_OK) != 0)
			continue;
		error_set(why,
		    "incomplete download: %s exists: resume the download, or remove %s if %s is "
		    "complete",
		    name, name, path);
		return error_kind(why, "incomplete download|s");
	}
	return 0;
}
