#ifndef RSENC_BASE_PATH_H
#define RSENC_BASE_PATH_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The text of paths. Every result that is not const is freed by the caller. */

/* Appends DIR/NAME, with one slash between them; NAME alone if `dir` is empty. Keeps a NUL behind
 * the text. */
void path_add(struct buf *text, const char *dir, const char *name);

/* The same as a text of its own. */
char *path_join(const char *dir, const char *name);

/* The part after the last slash. */
const char *path_name(const char *path);

/* Whether the first `len` bytes of a path are more than an ending, ".zip", and end in it. */
bool path_ends_in(const char *path, size_t len, const char *ending);

/* The directory that a path lies in: "." of a name alone. Slashes at the end do not count. */
char *path_parent(const char *path);

/* The path from the root, without "." and empty components, links as they are written. NULL where
 * that is more than text: behind a link ".." leads to the parent of its target, which only the file
 * system knows; also if the working directory has no name. */
char *path_absolute(const char *path);

/* Appends a space, unless the text is empty, and the word as sh(1) must be given it: quoted where
 * necessary, by double quotes; one that begins with a dash gets "./" in front, as a path may. Keeps
 * a NUL behind the text. */
void shell_quote(struct buf *text, const char *word);

/* The same of one word alone, which the caller frees. */
char *shell_quoted(const char *word);

#endif
