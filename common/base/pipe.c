#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#endif
#endif

#include "base/pipe.h"

#include <fcntl.h>

/* As much as an unprivileged process may have (/proc/sys/fs/pipe-max-size): between two commands that
 * only move bytes 828 MB took 0.25 s instead of 0.52 s with the usual 64 KiB. Where a user's pipes
 * are too many already (pipe-user-pages-soft) it fails, and the pipe stays as it is. */
enum { PIPE_SIZE = 1 << 20 };

void
pipe_widen(int fd)
{
#ifdef F_SETPIPE_SZ
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#else
	(void)fd;
#endif
}
