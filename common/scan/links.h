#ifndef RSENC_SCAN_LINKS_H
#define RSENC_SCAN_LINKS_H

#include "base/buf.h"
#include "base/range.h"

#include <stdbool.h>
#include <stddef.h>

/* The symbolic links of an archive, and the paths to which links lead. There may be as many as
 * files. */

/* A symbolic link, or a path to which links lead. */
struct link {
	struct link *next; /* in the order in which they came */
	char *to;          /* the text of the symbolic link; NULL: it is not one */
	struct link *from; /* the first symbolic link that leads here in the end, */
	struct link *also; /* and the next one that leads where this one does */
	bool exists;       /* a member lies at this path, or below */
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

enum { LINKS_MAX = 40 /* in one path, as Linux allows */ };

/* The paths through links to directories above it on which something is found. */
struct ways {
	size_t steps; /* 0: none is left */
	struct step {
		const char *path; /* its first `len` bytes are a directory */
		size_t len;
		const struct link *via; /* the next link that leads there */
	} step[LINKS_MAX];
	size_t nested; /* paths through several links */
};

/* Replaces `path` by the next one, and returns 1; 0 if there is none. -1: the link at `path` is not
 * followed, as a walk would meet a directory twice, or there are too many. Directories that are
 * looked at exist. */
int ways_next(struct ways *ways, struct links *links, struct buf *path);

void links_free(struct links *links);

#endif
