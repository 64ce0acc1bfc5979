#ifndef RSENC_STORE_PLACE_H
#define RSENC_STORE_PLACE_H

#include "base/error.h"
#include "store/paths.h"

#include <stdbool.h>

/* Whether a path is one that a database may be loaded into. */

/* Looks at what exists at the path, or where it would be made; then makes the directory of a new
 * database, durably, unless that is only to be checked. *root becomes the directory below which a
 * load makes, writes and removes files: "/" where links lead files of the database elsewhere. The
 * caller frees it. Returns 1 if the directory was made, 0 if not, -1 with the reason. */
int place_prepare(const char *path, bool single, bool check, char **root, struct error *why);

/* Whether the file of a database can be written to as it is: everything that is wrong with its
 * contents, and whether it has another name. Returns 0, or -1 with the reason. */
int place_check_file(const struct store_file *file, struct error *why);

/* Whether a path, or its directory, is on a network file system; then *why says which, and what to
 * do instead. */
bool place_network(const char *path, bool single, struct error *why);

#endif
