#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#endif
#endif

#include "base/pipe.h"

#include <fcntl.h>

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
