/* LD_PRELOAD: SIGTERM comes when readv was called and has not begun to wait: too late for a look at what
 * was asked, too early to interrupt. LATE=self: this thread gets it; LATE=any: whichever the system
 * hands it to, while this one rests. LATE_AT=N: at the call N, from 1. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic int calls;

ssize_t
readv(int fd, const struct iovec *v, int count)
{
	ssize_t (*real)(int, const struct iovec *,
	    int) = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "readv");
	const char *how = getenv("LATE"), *at = getenv("LATE_AT");
	if (how && ++calls == (at ? atoi(at) : 1)) {
		sigset_t term, before;
		bool self = strcmp(how, "self") == 0;
		sigemptyset(&term);
		sigaddset(&term, SIGTERM);
		/* Where this thread is the only one, it is handed over all the same. */
		if (!self)
			pthread_sigmask(SIG_BLOCK, &term, &before);
		if (self)
			raise(SIGTERM);
		else
			kill(getpid(), SIGTERM);
		usleep(200000);
		if (!self)
			pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	return real(fd, v, count);
}
