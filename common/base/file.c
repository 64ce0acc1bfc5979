#include "base/file.h"

#include "base/path.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10 };

/* Whether a file is as it was, as far as stat(2) shows. */
static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Zeros take the place of pages that a mapped file has lost; file_unmap reports that it changed. */
static void
on_lost_page(int number, siginfo_t *info, void *unused)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = (char *)info->si_addr - (uintptr_t)info->si_addr % page;
	(void)unused;
	if (info->si_code != BUS_ADRERR ||
	    mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(number, SIG_DFL);
}

bool
file_map(struct file_map *m, int fd, uint64_t at, uint64_t len)
{
	size_t before = (size_t)(at % (uint64_t)sysconf(_SC_PAGESIZE));
	if (len < m->least || len > SIZE_MAX - before || fstat(fd, &m->st) != 0)
		return false;
	struct sigaction action = {.sa_sigaction = on_lost_page, .sa_flags = SA_SIGINFO};
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
	m->len = (size_t)len;
	m->pages = mmap(NULL, m->len + before, PROT_READ, MAP_PRIVATE, fd, (off_t)(at - before));
	m->bytes = m->pages != MAP_FAILED ? (const char *)m->pages + before : NULL;
	return m->bytes != NULL;
}

int
file_unmap(struct file_map *m, const char *path, struct error *why)
{
	struct stat now;
	if (!m->bytes)
		return 0;
	munmap(m->pages, m->len + (size_t)(m->bytes - (const char *)m->pages));
	m->bytes = NULL;
	if (stat(path, &now) == 0 && is_same(&now, &m->st))
		return 0;
	return error_set(why, "the file changed while it was read");
}

static int
file_read_fd(int fd, uint64_t max, struct file_map *m, struct buf *b, struct error *why)
{
	struct stat st, now;
	ssize_t n = 0;
	uint64_t got = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(why, "is not a regular file");
	uint64_t size = (uint64_t)st.st_size;
	if (size > max) {
		error_set(why, "the file has %" PRIu64 " bytes", size);
		return error_kind(why, ERROR_TOO_LARGE);
	}
	if (m && file_map(m, fd, 0, size))
		return 0;
	if (buf_try_reserve(b, (size_t)size + 1) != 0)
		return error_set(why, "out of memory");
	/* One byte more is asked for: that one shows that the file grew, and spares the read that
	 * would find its end. */
	do {
		n = read(fd, b->data + got, (size_t)(size + 1 - got));
		got += n > 0 ? (uint64_t)n : 0;
	} while (n < 0 ? errno == EINTR : n > 0 && got < size);
	if (n < 0)
		return error_errno(why, "cannot be read");
	/* What was read of a file that is written to may be partly old, partly new. */
	if (got != size || fstat(fd, &now) != 0 || !is_same(&now, &st))
		return error_set(why, "the file changed while it was read");
	b->len = (size_t)size;
	return 0;
}

int
file_read(const char *path, uint64_t max, struct file_map *m, struct buf *b, struct error *why)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not hang the run. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	b->len = 0;
	if (fd < 0)
		return error_errno(why, "cannot be opened");
	int status = file_read_fd(fd, max, m, b, why);
	close(fd);
	return status;
}

int
file_writev_all(int fd, struct iovec *v, int count)
{
	while (count > 0) {
		ssize_t n = writev(fd, v, count);
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		if (n < 0 && errno == EAGAIN)
			poll(&ready, 1, -1);
		else if (n < 0 && errno != EINTR)
			return -1;
		size_t left = n > 0 ? (size_t)n : 0;
		for (; count > 0 && left >= v->iov_len; v++, count--)
			left -= v->iov_len;
		if (count > 0) {
			v->iov_base = (char *)v->iov_base + left;
			v->iov_len -= left;
		}
	}
	return 0;
}

int
file_write_all(int fd, const void *bytes, size_t len)
{
	struct iovec v = {(void *)(uintptr_t)bytes, len};
	return file_writev_all(fd, &v, 1);
}

enum { NAME_KEPT = 160 }; /* bytes of the name: the rest takes up to 60 more */

static int
write_and_rename(int fd, const char *temporary, const char *path, const void *bytes, size_t len)
{
	int bad = file_write_all(fd, bytes, len) != 0 ? errno : 0;
	/* Disks over a network report only here that they are full. */
	if (close(fd) != 0 && !bad)
		bad = errno;
	if (!bad && rename(temporary, path) != 0)
		bad = errno;
	if (bad)
		unlink(temporary);
	errno = bad;
	return bad ? -1 : 0;
}

int
file_write_atomically(const char *path, const void *bytes, size_t len, struct error *why)
{
	char *directory = path_parent(path);
	struct buf temporary = {0};
	struct timespec now;
	int status = 0;
	/* A name that no writer has, on no machine of a shared file system. */
	clock_gettime(CLOCK_REALTIME, &now);
	buf_addf(&temporary, "%s/.%.*s.%ld.%" PRIdMAX "%09ld.tmp", directory, NAME_KEPT,
	    path_name(path), (long)getpid(), (intmax_t)now.tv_sec, now.tv_nsec);
	int fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		status = error_errno(why, "cannot be created in %s", directory);
	else if (write_and_rename(fd, temporary.data, path, bytes, len) != 0)
		status = error_errno(why, "cannot be written");
	buf_free(&temporary);
	free(directory);
	return status;
}

int
file_sync_directory(const char *directory, struct error *why)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(why, "opening its directory");
	/* Some network filesystems have no such thing. */
	int status = fsync(fd) == 0 || errno == EINVAL ? 0
	                                               : error_errno(why, "syncing its directory");
	close(fd);
	return status;
}

int
file_read_all(const char *path, size_t max, struct buf *b, struct error *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), status = 0;
	size_t start = b->len;
	ssize_t n = 1;
	if (fd < 0)
		return error_set(why, "%s", strerror(errno));
	while (n > 0 && b->len - start <= max) {
		buf_reserve(b, READ_SIZE);
		n = signals_read(fd, b->data + b->len, READ_SIZE);
		b->len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		status = error_errno(why, "reading");
	else if (n > 0)
		status = error_set(why, "larger than %zu KiB", max >> 10);
	if (!is_stdin)
		close(fd);
	return status;
}

int
file_unfinished(const char *path, struct error *why)
{
	/* Of aria2, axel, lftp, and browsers. */
	static const char *const endings[] = {
	    ".aria2", ".st", ".lftp-pget-status", ".part", ".partial", ".crdownload", ".download"};
	char name[PATH_MAX + 32];
	struct stat st;
	int len = (int)strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(name, sizeof name, "%.*s%s", len, path, endings[i]);
		if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
			return error_set(why,
			    "incomplete download: %s exists: resume the download, or "
			    "remove %s if %s is complete",
			    name, name, path);
	}
	return 0;
}
