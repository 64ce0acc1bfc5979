#ifndef RSENC_PROCESS_SANDBOX_H
#define RSENC_PROCESS_SANDBOX_H

#include <stdbool.h>

/*
 * Giving up rights before strangers' bytes are parsed: from now on this process may create, write,
 * truncate, rename and remove files only below `dir` (NULL: nowhere; else it may remove empty
 * directories anywhere), run no program, and neither listen nor connect over TCP, nor
 * reach processes outside by signals or abstract sockets. What is open already stays usable;
 * reading is not restricted. Call it before threads are started. Returns whether the system did so:
 * on Linux with Landlock (5.13, the network since 6.7, processes since 6.12; see landlock(7));
 * elsewhere nothing depends on it.
 *
 * On x86-64 and AArch64 system calls that no command needs then fail with EPERM, too: a decoder
 * that was taken over can neither change modes, owners and attributes, nor open a socket, send a
 * signal, trace a process or make a namespace. Not in a build with sanitizers, which trace
 * themselves.
 */
bool sandbox_enter(const char *dir);

#endif
