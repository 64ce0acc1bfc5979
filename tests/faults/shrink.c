/* LD_PRELOAD: a file named SHRINK is cut to its first 4096 bytes as soon as it is mapped. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int victim = -1;

/* A process that gives up rights may not open it for writing later. */
__attribute__((constructor)) static void
open_victim(void)
{
	const char *path = getenv("SHRINK");
	if (path)
		victim = open(path, O_WRONLY);
}

void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t from)
{
	void *(*real)(void *, size_t, int, int, int,
	    off_t) = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
	void *map = real(at, len, protection, flags, fd, from);
	struct stat a, b;
	if (fd >= 0 && victim >= 0 && fstat(fd, &a) == 0 && fstat(victim, &b) == 0 &&
	    a.st_ino == b.st_ino && ftruncate(victim, 4096) != 0)
		abort();
	return map;
}
