#ifndef RSENC_CMD_DATABASE_H
#define RSENC_CMD_DATABASE_H

#include "base/error.h"
#include "load/several.h"
#include "store/reader.h"

#include <stdbool.h>

/*
 * How the commands that read a database open it: a page that can't be read names it, rights are
 * given up before its bytes are looked at, and a load that has not ended is told unless `quiet`.
 * Never returns on failure. NULL: there is no database, and the reason is in *absent; with absent
 * NULL that is a failure too. The caller closes it with store_close.
 */
struct store *database_open(const char *path, bool quiet, struct error *absent);

/* The same of one that must be there, with all rights kept: the caller gives them up with confine. */
struct store *database_open_freely(const char *path, bool quiet);

/* The same of `count` databases and record files, as one. `absent`: one that is not there is left out,
 * and called with why. */
struct several *databases_open(char **paths, size_t count, bool quiet,
    void (*absent)(const char *path, const struct error *why));

#endif
