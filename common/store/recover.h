#ifndef RSENC_STORE_RECOVER_H
#define RSENC_STORE_RECOVER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* If a load without syncs was interrupted by a loss of power, or on another machine, takes the
 * database back to the records that had reached the disk (durable.h), and *records tells how many.
 * Returns 1 if it did, 0 if there is nothing to take back, -1 with the reason. */
int store_recover(const char *path, bool single, uint64_t *records, struct error *why);

#endif
