#ifndef RSENC_BASE_SIGNALS_H
#define RSENC_BASE_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * SIGHUP, SIGINT, SIGQUIT and SIGTERM as a request: the command finishes or undoes the item at
 * hand, says what was done and exits with 128 + signal. However often they come they are one
 * request, of the first signal: batch systems, timeout(1) and impatient people send several, and
 * the second must not kill what the first has begun to save. Only who waits for a stuck reader of
 * its output, in the middle of a record, gives that up when it is asked again after a second.
 */

/* Catches these signals from now on (unless they are ignored, as under nohup). SIGXFSZ is ignored:
 * a file-size limit is an error to tell, not a death. */
void signals_catch(void);

/* The signal that asked to stop, or 0. Safe from any thread. */
int signals_received(void);

/* Whether it was asked for again a second or more after the first time. */
bool signals_repeated(void);

/* readv(2) and read(2) that a stop request interrupts whichever thread the signal hit and whenever it
 * comes, and that go on after EINTR; for one thread at a time. Returns as they do; a stop request is
 * -1 with errno EINTR, also where something was read, and ends the input: fd may have been replaced
 * by a pipe at its end. */
ssize_t signals_readv(int fd, const struct iovec *v, int count);
ssize_t signals_read(int fd, void *buffer, size_t size);

/* From here on, until signals_interrupt_end, a request to stop interrupts the calls (EINTR) of this
 * thread too, whichever one the system hands the signal to: for a thread that writes output, one at
 * a time. */
void signals_interrupt_begin(void);
void signals_interrupt_end(void);

/* Writes all bytes, and waits where fd takes none for now, as a pipe does that is full, also one
 * whose other users made it non-blocking. After a request to stop what is left is still written if
 * fd takes it within a second. Returns 0, or -1 with errno: EINTR if it did not. */
int signals_write(int fd, const void *bytes, size_t len);

/* Waits until fd takes more bytes, or a signal comes. */
void signals_wait_writable(int fd);

#endif
