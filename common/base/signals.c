#include "base/signals.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define INSIST_AFTER 1.0 /* seconds between two requests that are meant as two */
#define LAST_WRITES 1.0  /* seconds for a reader to take what is left */

enum {
	WRITE_MAX = 1 << 30, /* some systems refuse more than INT_MAX */
	PIECE = 512          /* POSIX's least PIPE_BUF: a pipe that is writable takes it at once */
};

static atomic_int asked;     /* whether any signal came */
static atomic_int requested; /* the first one */
static atomic_int insisted;
static double requested_at;
/* The thread that writes output, if one does: the system may hand the signal to another. */
static atomic_int has_writer;
static pthread_t writer;
/* The thread in signals_readv and the descriptor that it waits for; NOBODY; or HANDLED as long as a
 * handler deals with them. */
enum { NOBODY = -1, HANDLED = -2 };
static atomic_int reading = NOBODY;
static pthread_t reader;
/* A pipe whose write end a signal closes: from then on its read end is at its end, for good, and poll
 * in any thread sees it. */
static int wake[2] = {-1, -1};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may use them");

/* A signal may come just before a thread calls readv: EINTR alone would be lost, and the thread wait
 * for ever. To poll before each read, for the input and `wake`, doubles the calls; blocking signals
 * around it (ppoll) does too, and a repeated timer would interrupt fsync and LMDB as well. So the
 * end of a pipe is put in the input's place: whoever reads it from now on finds its end. */
static void
stop_end_input(void)
{
	int fd = atomic_exchange(&reading, HANDLED);
	if (fd >= 0) {
		dup2(wake[0], fd);
		if (!pthread_equal(reader, pthread_self()))
			pthread_kill(reader, requested); /* it may wait for what fd was */
	}
	atomic_store(&reading, NOBODY);
}

static void
stop_on_signal(int signal)
{
	int saved = errno;
	double now = clock_seconds(); /* clock_gettime may be called by a handler */
	bool first = atomic_exchange(&asked, 1) == 0;
	if (first) {
		requested_at = now;
		requested = signal;
		close(wake[1]);
		stop_end_input();
	} else if (requested && now - requested_at >= INSIST_AFTER) {
		insisted = 1;
	}
	if (has_writer && !pthread_equal(writer, pthread_self()))
		pthread_kill(writer, signal);
	errno = saved;
}

void
signals_catch(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	int ends[2];
	signal(SIGXFSZ, SIG_IGN);
	if (pipe(ends) != 0)
		return;
	for (int i = 0; i < 2; i++) {
		wake[i] = ends[i];
		fcntl(wake[i], F_SETFD, FD_CLOEXEC);
	}
	struct sigaction now, action;
	memset(&action, 0, sizeof action);
	action.sa_handler = stop_on_signal;
	/* One at a time in a thread: two of them need not be thought of within the handler. */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaddset(&action.sa_mask, signals[i]);
	/* No SA_RESTART: calls that wait come back. */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

int
signals_received(void)
{
	return requested;
}

bool
signals_repeated(void)
{
	return insisted;
}

/* Waits for input that others made non-blocking, or for a request to stop. */
static void
stop_wait_readable(int fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
	poll(fds, 2, -1);
}

ssize_t
signals_readv(int fd, const struct iovec *v, int count)
{
	for (;;) {
		int mine = fd;
		reader = pthread_self();
		/* First this, then the look: a handler does it the other way round. */
		atomic_store(&reading, fd);
		ssize_t n = requested ? -1 : readv(fd, v, count);
		int cause = errno;
		if (!atomic_compare_exchange_strong(&reading, &mine, NOBODY)) {
			while (atomic_load(&reading) == HANDLED)
				sched_yield();
		}
		/* What was read then may be the end that the handler put there. */
		errno = requested ? EINTR : cause;
		if (requested)
			return -1;
		if (n >= 0 || (cause != EINTR && cause != EAGAIN))
			return n;
		if (cause == EAGAIN)
			stop_wait_readable(fd);
	}
}

ssize_t
signals_read(int fd, void *buffer, size_t size)
{
	struct iovec v = {buffer, size};
	return signals_readv(fd, &v, 1);
}

void
signals_interrupt_begin(void)
{
	writer = pthread_self();
	has_writer = 1;
}

void
signals_interrupt_end(void)
{
	has_writer = 0;
}

void
signals_wait_writable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	poll(&ready, 1, -1);
}

/* write(2) that comes back with EINTR, or less than all, once a stop is asked for. A signal that
 * comes between the look and the call is not seen by it: poll with `wake` first would not help, as
 * a pipe that is writable may still take only a part and then wait. */
static ssize_t
stop_write_until(int fd, const char *bytes, size_t len)
{
	ssize_t n = write(fd, bytes, len < WRITE_MAX ? len : WRITE_MAX);
	if (n >= 0 || errno != EAGAIN)
		return n;
	struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT}, {.fd = wake[0], .events = POLLIN}};
	poll(fds, 2, -1);
	errno = EINTR;
	return -1;
}

/* After a stop: only as much as can be written without waiting for long. */
static ssize_t
stop_write_last(int fd, const char *bytes, size_t len, double until)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	double left = until - clock_seconds();
	if (left > 0)
		poll(&ready, 1, (int)(left * 1000) + 1);
	if (ready.revents == 0) {
		errno = clock_seconds() < until ? EAGAIN : EINTR;
		return -1;
	}
	return write(fd, bytes, len < PIECE ? len : PIECE);
}

int
signals_write(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;
	double until = 0;
	int status = 0;
	signals_interrupt_begin();
	while (len > 0 && status == 0) {
		bool last = signals_received() != 0;
		if (last && until == 0)
			until = clock_seconds() + LAST_WRITES;
		ssize_t n = last ? stop_write_last(fd, at, len, until)
		                 : stop_write_until(fd, at, len);
		bool again = n < 0 && (errno == EAGAIN || errno == EINTR);
		if (n < 0 && (!again || (last && errno == EINTR && clock_seconds() >= until)))
			status = -1;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	signals_interrupt_end();
	return status;
}
