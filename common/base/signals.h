#ifndef RSENC_BASE_SIGNALS_H
#define RSENC_BASE_SIGNALS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Signals as a request to stop, for the commands that have something to save then: rsenc-load its
 * last patches, rsenc-pack -o the file at hand. They end with 128 + signal. Every other command
 * dies of the signal: its reader sees a stream without an end marker.
 */

/* Catches SIGHUP, SIGINT, SIGQUIT, SIGTERM, and the warnings that Slurm and ulimit send (SIGUSR1,
 * SIGUSR2, SIGXCPU), unless they are ignored, as under nohup(1). However often they come they are
 * one request, of the first signal: batch systems, timeout(1) and impatient people send several,
 * and the second must not end what the first has begun to save. */
void signals_catch(void);

/* The signal that asked to stop, or 0. Safe from any thread. */
int signals_received(void);

/* read(2), also of a descriptor that others made non-blocking. Once a request to stop came, and if
 * it comes while this waits, in whichever thread, it returns -1 with errno EINTR. */
ssize_t signals_read(int fd, void *buffer, size_t size);

#endif
