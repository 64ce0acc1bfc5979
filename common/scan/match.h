#ifndef RSENC_SCAN_MATCH_H
#define RSENC_SCAN_MATCH_H

#include "scan/found.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Which line of which rule takes a file: the first one whose pattern matches the end of its path,
 * less .tif or .tiff, and which lists its band.
 *
 * The real path is matched first, then, if it lies behind a symbolic link, the path as met: trees
 * of links into a store of blobs work too. A link adds nothing whose target matches and is found in
 * the same tree anyway.
 */

struct matcher {
	const struct rule *const *rules; /* are tried in their order */
	size_t count;
	struct buf path; /* private; the owner frees it */
};

struct match {
	struct rule_line *line; /* NULL: none */
	size_t band;            /* in line->bands; 0 if the file holds all */
	struct regex_match captures;
};

/* Which line takes the file `name` of `dir`; `real` is its real path if it is a link, else NULL.
 * The captures are valid until the next call. */
void match_file(struct matcher *m, const struct directory *dir, const char *name, const char *real,
    struct match *match);

/* The length of a file's name without .tif or .tiff, in any case; 0 if it has another ending, if
 * nothing stands before, or for "._x.tif", in which macOS keeps what another file system cannot
 * hold of x.tif. */
size_t match_stem(const char *name);

/* Whether a name is a path of Windows, "a\\b.tif", as some programs unpack it. Names that hold
 * control characters cannot be. */
bool match_is_windows_path(const char *name);

/* Sets what patterns are matched with: DIR/NAME without .tif or .tiff, NUL-terminated. `dir` is an
 * absolute path. */
void match_set_path(struct buf *path, const char *dir, const char *name);

/* The last `slashes` + 1 components of such a path, or NULL if there are fewer. */
const char *match_tail(const struct buf *path, unsigned slashes);

#endif
