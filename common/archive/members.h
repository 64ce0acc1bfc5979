#ifndef RSENC_ARCHIVE_MEMBERS_H
#define RSENC_ARCHIVE_MEMBERS_H

#include "archive/member.h"
#include "base/error.h"
#include "base/source.h"

#include <stdint.h>
#include <time.h>

/* The members of an archive of any format, in its order, wherever its bytes come from: of one that
 * is read once, from front to back, only `tar` is set. */

struct tar;
struct zip;

struct members {
	int fd; /* of an archive in a regular file, else -1 */
	uint64_t whole;
	struct timespec time; /* its size and last change when it was opened */
	struct source file;
	struct tar *tar; /* either */
	struct zip *zip;
};

/* Opens an archive in a regular file: members get ranges with all that range_read checks.
 * Returns 0, or -1 with the reason. members_close in either case. */
int members_open(struct members *a, const char *path, struct error *why);

/* Steps to the next member. Returns 1; 0 at the end; -1 with the reason. */
int members_next(struct members *a, struct member *m, struct error *why);

/* Starts again at the first member of a file. Returns 0, or -1 with the reason. */
int members_rewind(struct members *a, struct error *why);

void members_close(struct members *a);

#endif
