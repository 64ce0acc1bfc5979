#ifndef RSENC_STORE_PATHS_H
#define RSENC_STORE_PATHS_H

#include "base/buf.h"

#include <stdbool.h>

/*
 * Where the files of a database are: in a directory DB, or as single files DB, DB-lock and so on.
 * A new database is loaded into the file loading.mdb (DB-loading), which becomes data.mdb (DB) when
 * it is complete and synced: no other program meets it before that.
 */

/* One LMDB environment. */
struct store_file {
	const char *env;  /* the path that LMDB is given */
	const char *data; /* its data file */
	const char *lock; /* its lock file */
	bool subdir;      /* env is a directory */
};

enum { STORE_FILES = 7 };

struct store_paths {
	char *path;          /* of the database, as it was given */
	char *directory;     /* that contains the files */
	const char *marker;  /* "incomplete": state.h */
	const char *claim;   /* claim.h */
	const char *sorting; /* record_buffer.h */
	struct store_file data, loading;
	bool single;
	char *all[STORE_FILES];
};

/* store_paths_free when done. */
void store_paths_make(struct store_paths *p, const char *path, bool single);

/* Whether a name in a directory may be that of a database's file. */
bool store_paths_know(const char *name);

/* Appends the command that returns the database to its last checkpoint, for sh(1). */
void store_recover_command(const struct store_paths *p, const char *option, struct buf *command);

void store_paths_free(struct store_paths *p);

#endif
