#ifndef RSENC_SCAN_LINKS_H
#define RSENC_SCAN_LINKS_H

#include "base/buf.h"
#include "base/range.h"

#include <stdbool.h>

/* The symbolic links of an archive, and the paths to which links lead. There may be as many as
 * files. */

/* A symbolic link, or a path to which links lead. */
struct link {
	struct link *next; /* in the order in which they came */
	char *to;          /* the text of the symbolic link; NULL: it is not one */
	struct link *from; /* the first symbolic link that leads here in the end, */
	struct link *also; /* and the next one that leads where this one does */
	bool has_file;     /* at this path: */
	struct range file;
	char path[];
};

/* All zero is empty. */
struct links {
	struct link *first, *last;
	void *tree; /* private: of their paths */
};

/* The one with that path, or NULL. */
struct link *links_find(const struct links *links, const char *path);

/* The same; a new one if the path is unknown. */
struct link *links_get(struct links *links, const char *path);

/* Replaces `target` by where `path` leads, as realpath(3) does in a file system that is the
 * archive. False if it leads out of that, or there is a loop of links, or a path of PATH_MAX
 * bytes. */
bool links_resolve(const struct links *links, const char *path, struct buf *target);

void links_free(struct links *links);

#endif
