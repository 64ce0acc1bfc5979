/* LD_PRELOAD: each file and directory that is opened to be read comes $SLOW_OPEN microseconds late, as on
 * a file system that is asked over a network. */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
slow_wait(void)
{
	const char *microseconds = getenv("SLOW_OPEN");
	if (microseconds)
		usleep((useconds_t)strtoul(microseconds, NULL, 10));
}

/* The C library's own opens with a call that cannot be replaced. */
DIR *
opendir(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	slow_wait();
	return fd < 0 ? NULL : fdopendir(fd);
}

static int
slow_open(const char *path, int flags, mode_t mode)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		slow_wait();
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return slow_open(path, flags, mode);
}

/* As open is, where it was built with _FORTIFY_SOURCE, or for files of 64 bits anyway. */
int
__open64_2(const char *path, int flags)
{
	return slow_open(path, flags, 0);
}

int
open(const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return slow_open(path, flags, mode);
}

int
__open_2(const char *path, int flags)
{
	return slow_open(path, flags, 0);
}
