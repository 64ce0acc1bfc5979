/* LD_PRELOAD: read, write, pread, pwrite and their vector forms move one to a few hundred bytes at
 * a time, as they may, and every third call is interrupted by a signal before it did anything. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic unsigned calls;

static int
interrupted(size_t *size)
{
	unsigned n = calls++;
	size_t most = 1 + n * 97 % 509;
	if (*size > most)
		*size = most;
	errno = EINTR;
	return n % 3 == 2;
}

ssize_t
read(int fd, void *to, size_t size)
{
	ssize_t (*real)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))dlsym(
	    RTLD_NEXT, "read");
	return interrupted(&size) ? -1 : real(fd, to, size);
}

/* As read is, where it was built with _FORTIFY_SOURCE. */
ssize_t
__read_chk(int fd, void *to, size_t size, size_t room)
{
	(void)room;
	return read(fd, to, size);
}

ssize_t
write(int fd, const void *from, size_t size)
{
	ssize_t (*real)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))dlsym(
	    RTLD_NEXT, "write");
	return interrupted(&size) ? -1 : real(fd, from, size);
}

/* Of the first piece that is not empty. */
static const struct iovec *
short_piece(const struct iovec *v, int count)
{
	while (count > 1 && v->iov_len == 0) {
		v++;
		count--;
	}
	return v;
}

ssize_t
readv(int fd, const struct iovec *v, int count)
{
	v = short_piece(v, count);
	return read(fd, v->iov_base, v->iov_len);
}

ssize_t
writev(int fd, const struct iovec *v, int count)
{
	v = short_piece(v, count);
	return write(fd, v->iov_base, v->iov_len);
}
