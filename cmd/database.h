#ifndef RSENC_CMD_DATABASE_H
#define RSENC_CMD_DATABASE_H

#include "base/error.h"
#include "store/reader.h"

#include <stdbool.h>

/*
 * How the commands that read a database open it: a page that can't be read names it, rights are
 * given up before its bytes are looked at, and a load that has not ended is told unless `quiet`.
 * Never returns on failure. NULL: there is no database, and the reason is in *absent; with absent
 * NULL that is a failure too. The caller closes it with store_close.
 */
struct store *database_open(const char *path, bool quiet, struct error *absent);

#endif
