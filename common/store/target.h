#ifndef RSENC_STORE_TARGET_H
#define RSENC_STORE_TARGET_H

#include "base/error.h"
#include "store/paths.h"

#include <stdbool.h>

/* Whether a path is one that a database may be loaded into: looks, and changes nothing. */

/* What lies at the path must be a directory, or with `single` a file, or nothing. Returns 1 if there
 * is something, 0 if not, -1 with the reason. */
int target_kind(const char *path, bool single, struct error *why);

/* Whether writer_open has a chance: refuses early, before the work that makes the records is done.
 * Returns 0, or -1 with the reason. */
int target_check(const char *path, bool single, struct error *why);

/* The reason why what a load without syncs stored can't be gone on from. Returns -1. */
int target_refuse_lost(struct error *why);

/* The directory below which a load makes, writes and removes files: of the database, or the one
 * that it will be made in. The caller frees it. NULL where links lead files of the database
 * elsewhere, or there is no memory. */
char *target_root(const char *path, bool single);

#endif
