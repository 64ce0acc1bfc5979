#ifndef RSENC_STORE_PATHS_H
#define RSENC_STORE_PATHS_H

#include <stdbool.h>

/*
 * Where the files of a database are: in a directory DB, or as single files DB, DB-lock and so on.
 * A new database is loaded into the file loading.mdb (DB-loading), which becomes data.mdb (DB) when
 * it is complete and synced: no other program meets it before that.
 */

/* One LMDB environment. */
struct store_file {
	char *env;   /* the path that LMDB is given */
	char *data;  /* its data file */
	char *lock;  /* its lock file */
	bool subdir; /* env is a directory */
};

struct store_paths {
	char *path;      /* of the database, as it was given */
	char *directory; /* that contains the files */
	char *marker;    /* "incomplete": marker.h */
	char *claim;     /* claim.h */
	struct store_file data, loading;
	bool single;
};

/* store_paths_free when done. */
void store_paths_make(struct store_paths *p, const char *path, bool single);

void store_paths_free(struct store_paths *p);

#endif
