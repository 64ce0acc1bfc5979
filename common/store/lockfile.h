#ifndef RSENC_STORE_LOCKFILE_H
#define RSENC_STORE_LOCKFILE_H

#include <stdbool.h>

/* LMDB writes its lock file through a map: on a disk that is full a page of it that was never written
 * is a bus error, and all that can be told then is that. This takes its pages before; `make`: also of
 * a file that is not there. Returns 0, or errno: ENOSPC if there is no room. Where the system has no
 * such call, or the file can't be opened, 0: LMDB will say why. */
int lockfile_back(const char *path, bool make);

#endif
