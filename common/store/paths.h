#ifndef RSENC_STORE_PATHS_H
#define RSENC_STORE_PATHS_H

#include "base/error.h"

#include <stdbool.h>

/* Where the files of an LMDB environment lie: in a directory DB, or as single files DB and DB-lock. */
struct store_paths {
	char *directory;  /* that holds them */
	char *data;       /* data.mdb */
	char *incomplete; /* incomplete.h */
	char *lock;       /* lock.mdb */
};

/* Returns 0, or -1 when there is no memory. store_paths_free in either case. */
int store_paths_make(struct store_paths *p, const char *path, bool single);

void store_paths_free(struct store_paths *p);

#endif
