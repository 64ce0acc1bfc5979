#ifndef RSENC_CMD_DATABASE_H
#define RSENC_CMD_DATABASE_H

#include "base/error.h"
#include "store/reader.h"

#include <stdbool.h>

/*
 * How the commands that read a database open it: a page that cannot be read is reported with its
 * name, rights are given up before its bytes are looked at, and a load that has not ended is
 * reported unless `quiet`. Dies on failure. If the database does not exist and `absent` is set, it
 * returns NULL with the reason in *absent. The caller closes it with store_close.
 */
struct store *database_open(const char *path, bool quiet, struct error *absent);

#endif
