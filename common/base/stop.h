#ifndef RSENC_BASE_STOP_H
#define RSENC_BASE_STOP_H

#include <stddef.h>
#include <sys/types.h>

/*
 * SIGINT and SIGTERM as a request: the command finishes or undoes the item at hand, says what
 * was done and exits with 128 + signal. A second signal of the same kind kills at once.
 */

/* Catches SIGINT and SIGTERM from now on (unless they are ignored, as under nohup). SIGXFSZ is
 * ignored: a file-size limit is an error to tell, not a death. */
void stop_catch(void);

/* The signal that asked to stop, or 0. Safe from any thread. */
int stop_signal(void);

/* read(2) that a stop request interrupts whichever thread the signal hit, and that goes on after
 * EINTR. Returns as read(2); a stop request is -1 with errno EINTR. */
ssize_t stop_read(int fd, void *buffer, size_t size);

#endif
