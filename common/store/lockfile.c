#ifdef __linux__
#define _GNU_SOURCE /* fallocate */
#endif

#include "store/lockfile.h"

#ifndef __linux__

int
lockfile_back(const char *path, bool make)
{
	(void)path;
	(void)make;
	return 0;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_SIZE = 8192, PAGE = 4096 }; /* LMDB's, of 126 readers */

/* btrfs writes a changed page to a new place, for which there must be room each time, unless a file was
 * excepted from that while it was empty. Other file systems refuse: they don't need it. */
static int
open_lock(const char *path, bool make)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT | O_EXCL : 0), 0666);
	int flags;
	if (fd < 0 && make && errno == EEXIST)
		return open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && make && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	return fd;
}

static sigjmp_buf bus_back;

static void
on_bus(int signal)
{
	(void)signal;
	siglongjmp(bus_back, 1);
}

/* Writes to each page what it holds, at once, so that no other process is disturbed: the only way to
 * know whether there is room for it. Called before there are threads. */
static int
try_pages(int fd)
{
	struct sigaction action = {.sa_handler = on_bus}, before;
	_Atomic char *map = mmap(NULL, LOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 0;
	int cause = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &before);
	if (sigsetjmp(bus_back, 1) == 0) {
		for (int at = 0; at < LOCK_SIZE; at += PAGE)
			atomic_fetch_or(map + at, 0);
	} else {
		cause = ENOSPC;
	}
	sigaction(SIGBUS, &before, NULL);
	munmap((void *)map, LOCK_SIZE);
	return cause;
}

/* fallocate and not posix_fallocate: where the file system has no such thing, that writes to each page
 * itself, while another process may be writing there. */
int
lockfile_back(const char *path, bool make)
{
	struct stat st;
	int cause = 0, fd = open_lock(path, make);
	if (fd < 0 || fstat(fd, &st) != 0)
		goto out;
	if (st.st_blocks * 512 < LOCK_SIZE &&
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_SIZE) != 0 &&
	    (errno == ENOSPC || errno == EDQUOT))
		cause = errno;
	else if (st.st_size >= LOCK_SIZE)
		cause = try_pages(fd);
out:
	if (fd >= 0)
		close(fd);
	return cause;
}

#endif
