#ifndef RSENC_SCAN_LINKS_H
#define RSENC_SCAN_LINKS_H

#include "base/buf.h"
#include "base/range.h"

#include <stdbool.h>

/*
 * The symbolic links of an archive and the paths that links lead to, found by path. An archive
 * may link each of its files to a store of blobs, so there may be as many links as files. All
 * zero is empty.
 */

struct link {
	struct link *next; /* in the order in which they came */
	char *to;          /* where the symbolic link leads; NULL: it is not one */
	bool has_file;     /* at this path: */
	struct range file;
	char path[];
};

struct links {
	void *tree; /* of paths */
	struct link *first, *last;
};

/* The link or target of a path, NULL if it is unknown. */
struct link *links_find(const struct links *l, const char *path);

/* The same; a new one if it is unknown. */
struct link *links_get(struct links *l, const char *path);

/* Makes `path` a symbolic link to `to`; a later one replaces it. */
void links_add(struct links *l, const char *path, const char *to);

/* Replaces `path` (NUL-terminated) by where it leads, as realpath(3) does. False if there is a
 * loop of links, or one leads out of the archive. */
bool links_resolve(const struct links *l, struct buf *path);

void links_free(struct links *l);

#endif
