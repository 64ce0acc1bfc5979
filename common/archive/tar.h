#ifndef RSENC_ARCHIVE_TAR_H
#define RSENC_ARCHIVE_TAR_H

#include "archive/member.h"
#include "base/source.h"

/*
 * The members of a tar archive, one after the other. Concatenated archives are read as one: a
 * block of zeros must be followed by zeros, by another archive or by the end. An archive that
 * ends without a block of zeros is truncated; one that ends in more zeros than any blocking
 * factor explains is a download that reserved its disk space and stopped.
 */

struct tar;

/* Reads from `source`, which must outlive the reader. */
struct tar *tar_new(struct source *source);

/* Steps to the next member, past the rest of the data of this one. Returns 1; 0 at the end; -1
 * if the archive is damaged, truncated or unreadable, with the reason, which names the member or
 * the place. */
int tar_next(struct tar *t, struct member *m, struct error *why);

/* Reads the data of the current member, range.size bytes. At most once after tar_next. Returns
 * 0, or -1 with the reason. */
int tar_read(struct tar *t, void *to, struct error *why);

void tar_free(struct tar *t);

#endif
