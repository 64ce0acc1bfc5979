/* LD_PRELOAD: SIGTERM comes when poll was called and has not begun to wait: too late for a look at what
 * was asked, too early to interrupt. LATE=self: this thread gets it; LATE=any: whichever the system
 * hands it to, while this one rests. LATE_AT=N: at the call N, from 1. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic int calls;
static int asked[2] = {-1, -1};

/* A process that gives up rights may not send signals: a child from before that does it. */
__attribute__((constructor)) static void
start_sender(void)
{
	const char *how = getenv("LATE");
	char byte;
	if (!how || strcmp(how, "any") != 0 || pipe(asked) != 0)
		return;
	if (fork() == 0) {
		close(asked[1]);
		if (read(asked[0], &byte, 1) == 1)
			kill(getppid(), SIGTERM);
		_exit(0);
	}
	close(asked[0]);
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int (*real)(struct pollfd *, nfds_t, int) = (int (*)(struct pollfd *, nfds_t, int))dlsym(
	    RTLD_NEXT, "poll");
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
		else if (write(asked[1], "", 1) != 1)
			abort();
		usleep(200000);
		if (!self)
			pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	return real(fds, count, timeout);
}
