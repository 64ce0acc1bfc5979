#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t requested;
/* A signal makes the read end readable for good: poll in any thread sees it, with no race. */
static int wake[2] = {-1, -1};

static void
on_signal(int signal)
{
	int saved = errno;
	requested = signal;
	ssize_t ignored = write(wake[1], "", 1);
	(void)ignored;
	errno = saved;
}

void
stop_catch(void)
{
	static const int signals[] = {SIGINT, SIGTERM};
	int ends[2];
	signal(SIGXFSZ, SIG_IGN);
	if (pipe(ends) != 0)
		return;
	for (int i = 0; i < 2; i++) {
		wake[i] = ends[i];
		fcntl(wake[i], F_SETFD, FD_CLOEXEC);
		fcntl(wake[i], F_SETFL, O_NONBLOCK);
	}
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction now, action;
		memset(&action, 0, sizeof action);
		action.sa_handler = on_signal;
		action.sa_flags = (int)SA_RESETHAND;
		sigemptyset(&action.sa_mask);
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

int
stop_signal(void)
{
	return requested;
}

ssize_t
stop_read(int fd, void *buffer, size_t size)
{
	for (;;) {
		if (wake[0] >= 0) {
			struct pollfd fds[2] = {
			    {.fd = wake[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
			if (poll(fds, 2, -1) < 0 && errno != EINTR)
				return -1;
			if (requested) {
				errno = EINTR;
				return -1;
			}
			if (fds[1].revents == 0)
				continue;
		}
		ssize_t n = read(fd, buffer, size);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
	}
}
