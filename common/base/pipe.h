#ifndef RSENC_BASE_PIPE_H
#define RSENC_BASE_PIPE_H

/* Lets a pipe hold more than its usual 64 KiB, where the system can: whoever writes to it, or reads
 * from it, is woken less often. Does nothing to what is no pipe. */
void pipe_widen(int fd);

#endif
