#ifndef RSENC_CONFINE_H
#define RSENC_CONFINE_H

#include <stdbool.h>

/*
 * Giving up rights before strangers' bytes are parsed: from now on this process may create, write,
 * truncate, rename and remove files only below `dir` (NULL: nowhere), and run no program. What is
 * open already stays usable; reading is not restricted. Call it before threads are started.
 * Returns whether the system did so: on Linux with Landlock (5.13, see landlock(7)); elsewhere
 * nothing happens, and nothing depends on it.
 */
bool confine_writes(const char *dir);

#endif
