#ifndef RSENC_SCAN_LINKS_H
#define RSENC_SCAN_LINKS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The symbolic links of an archive and the paths that links lead to, found by path. An archive
 * may link each of its files to a store of blobs, so there may be as many links as files. A path
 * has a number from 1; 0 is none. All zero is empty.
 */

struct archive_file;

struct link {
	size_t path;               /* in `text` */
	size_t to;                 /* where the symbolic link leads, in `text`; 0: it is not one */
	struct archive_file *file; /* at this path; belongs to the user */
	uint32_t next;             /* in the hash table */
};

struct links {
	struct buf text;
	struct link *link; /* [number - 1] */
	uint32_t *index;
	size_t count, capacity;
};

/* The number of a path, 0 if it is unknown. */
uint32_t links_find(const struct links *l, const char *path, size_t len);

/* The number of a path, a new one if it is unknown. Pointers to links end here. */
uint32_t links_get(struct links *l, const char *path);

/* Makes `path` a symbolic link to `to`; a later one replaces it. */
void links_add(struct links *l, const char *path, const char *to);

const char *links_path(const struct links *l, uint32_t number);

/* Replaces `path` (NUL-terminated) by where it leads, as realpath(3) does. False if there is a
 * loop of links, or one leads out of the archive. */
bool links_resolve(const struct links *l, struct buf *path);

void links_free(struct links *l);

#endif
