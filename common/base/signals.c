#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int received; /* the first signal */

/* A pipe whose write end the handler closes: from then on poll finds its read end ready, in every
 * thread. A flag and EINTR alone are not enough: a signal may come just before a thread calls read,
 * or be handed to another thread. */
static int wake[2] = {-1, -1};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may use them");

static void
on_signal(int signal)
{
	int saved = errno, none = 0;
	if (atomic_compare_exchange_strong(&received, &none, signal))
		close(wake[1]);
	errno = saved;
}

void
signals_catch(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
	if (pipe(wake) != 0)
		return;
	for (int i = 0; i < 2; i++)
		fcntl(wake[i], F_SETFD, FD_CLOEXEC);
	struct sigaction now, action = {.sa_handler = on_signal};
	sigfillset(&action.sa_mask);
	/* No SA_RESTART: calls that wait come back. */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

int
signals_received(void)
{
	return received;
}

ssize_t
signals_read(int fd, void *buffer, size_t size)
{
	for (;;) {
		struct pollfd fds[2] = {
		    {.fd = fd, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
		/* One system call more a read, of a command that is bound by its disk. */
		if (wake[0] >= 0)
			poll(fds, 2, -1);
		if (received) {
			errno = EINTR;
			return -1;
		}
		ssize_t n = read(fd, buffer, size);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
		if (errno == EAGAIN)
			poll(fds, 1, -1);
	}
}
