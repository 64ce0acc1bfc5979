#ifndef RSENC_STORE_CLAIM_H
#define RSENC_STORE_CLAIM_H

#include "base/error.h"
#include "store/paths.h"

#include <stdbool.h>

/*
 * The file `claim` beside a database: one loader at a time can write to it. It is created
 * exclusively (O_EXCL), which all machines see, and locked (fcntl), which may hold on one machine
 * only, but distinguishes a live loader from a killed one. It names the loader:
 *
 *     host node7
 *     boot 6f0c2c9e-...
 *     process 4711
 *     since 1795945439         seconds since 1970
 */

enum { CLAIM_SIZE = 512 };

struct claim {
	int fd; /* -1: none */
	char text[CLAIM_SIZE];
};

/* Claims a database. A claim that a process of this machine left, which is dead, is taken over;
 * that of another machine only with `takeover`. Returns 0, or -1 with the reason. End with
 * claim_release. Until then nothing else in this process may open and close the file: that would
 * drop the lock. */
int claim_take(struct claim *c, const struct store_paths *p, bool takeover, struct error *why);

/* Whether the claim still is this process's: another load may have taken it over, or the database
 * may have been moved or removed. */
bool claim_is_ours(const struct claim *c, const struct store_paths *p);

/* Removes the claim, if it is this process's. Returns 0, or -1 with the reason. */
int claim_release(struct claim *c, const struct store_paths *p, struct error *why);

/* The id of the running boot; "unknown" where there is none. Lives for ever. */
const char *claim_boot(void);

/* Whether this machine has a boot id. */
bool claim_knows_boot(void);

#endif
