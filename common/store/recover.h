#ifndef RSENC_STORE_RECOVER_H
#define RSENC_STORE_RECOVER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* If the load of a new database was interrupted, and what it stored last may not be on the disk,
 * returns to its last checkpoint, and *records is how many records that had; 0 where there was none
 * yet, and the load begins again. `takeover`: also if another machine claims the database
 * (claim.h). Returns 1 if it did, 0 if that was not necessary, -1 with the reason. */
int
store_recover(const char *path, bool single, bool takeover, uint64_t *records, struct error *why);

#endif
