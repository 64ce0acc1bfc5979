/* LD_PRELOAD: the file $REWRITE gets another byte, in its place, while any file is read
 * or after it was mapped. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd = -1;

/* Early: rsenc-pack gives up the right to open files for writing. */
__attribute__((constructor)) static void
start(void)
{
	fd = open(getenv("REWRITE"), O_WRONLY | O_CLOEXEC);
}

ssize_t
read(int from, void *to, size_t size)
{
	ssize_t (*real)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))dlsym(
	    RTLD_NEXT, "read");
	if (pwrite(fd, "x", 1, 1000) != 1)
		abort();
	return real(from, to, size);
}

/* With 64-bit offsets glibc has another name for it, musl has not. */
#ifdef __GLIBC__
#define MMAP "mmap64"
#else
#define MMAP "mmap"
#define mmap64 mmap
#define off64_t off_t
#endif

void *
mmap64(void *at, size_t size, int rights, int flags, int from, off64_t offset)
{
	void *(*real)(void *, size_t, int, int, int,
	    off64_t) = (void *(*)(void *, size_t, int, int, int, off64_t))dlsym(RTLD_NEXT, MMAP);
	if (from >= 0 && pwrite(fd, "x", 1, 1000) != 1)
		abort();
	return real(at, size, rights, flags, from, offset);
}

/* As read is, where it was built with _FORTIFY_SOURCE. */
ssize_t
__read_chk(int from, void *to, size_t size, size_t room)
{
	(void)room;
	return read(from, to, size);
}
