#ifndef RSENC_STORE_CLAIM_H
#define RSENC_STORE_CLAIM_H

#include "base/error.h"

#include <stdbool.h>

/*
 * The file `claim` beside a database: it is created exclusively (O_EXCL) by the loader that writes
 * to it, and removed when that ends. Locks (marker.h, LMDB's own) may hold on one machine only, as
 * on sshfs, Lustre without -o flock and some NFS; this file is seen by all. It says who:
 *
 *     host node7
 *     boot 6f0c2c9e-...
 *     process 4711 812345      its number, and when it began (proc(5), in ticks since the boot)
 *     since 1795945439         seconds since 1970
 */

enum { CLAIM_HOST_SIZE = 256, CLAIM_BOOT_SIZE = 64 };

struct claim {
	char host[CLAIM_HOST_SIZE], boot[CLAIM_BOOT_SIZE];
	long process;             /* 0: none */
	unsigned long long start; /* 0: unknown */
	long long since;
};

/* Claims a database. To be called with its marker locked, so that loaders of one machine come one
 * after the other. A claim that a process of this machine left, which is dead, is taken over; that
 * of another machine only with `takeover`. Returns 0, or -1 with the reason. */
int claim_take(struct claim *c, const char *path, bool takeover, struct error *why);

/* Whether the claim still is this process's: another may have taken it over. */
bool claim_is_ours(const struct claim *c, const char *path);

/* Removes the claim, if it is this process's. Returns 0, or -1 with the reason. */
int claim_release(struct claim *c, const char *path, struct error *why);

/* Whether somebody who may be alive, on another machine, claims the database; then with the reason
 * why nobody else may write to it. */
bool claim_is_foreign(const char *path, struct error *why);

#endif
