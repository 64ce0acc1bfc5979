#ifndef RSENC_SCAN_TARBALL_H
#define RSENC_SCAN_TARBALL_H

#include "base/error.h"
#include "scan/assemble.h"
#include "scan/places.h"

#include <stdbool.h>

/* A tar archive in a regular file: its headers are read, its data is passed over. */

struct tarball_events {
	void *context;

	/* Something is wrong with a member, whose name stands behind the archive's in `path`. May be
	 * NULL. */
	void (*problem)(void *context, const char *path, const char *why);

	/* Called now and then. False ends it. */
	bool (*step)(void *context);
};

/* Gives the files of an archive to the assembler, with their places, in the order of the archive;
 * those that links lead to come last, where they do not lie behind the link. *example becomes the
 * path of the first TIFF file, if it is NULL; the caller frees it. Returns 1 when all is done, 2 when
 * step or the assembler ended it, -1 with the reason: what was whole was given. */
int tarball_scan(const char *path, struct assembler *assembler, struct places *places,
    const struct tarball_events *events, char **example, struct error *why);

#endif
