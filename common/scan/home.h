#ifndef RSENC_SCAN_HOME_H
#define RSENC_SCAN_HOME_H

#include "base/buf.h"
#include "scan/assembled.h"

#include <stdbool.h>

/* The home of a file: the directory in which the match of its path begins. All files lie below it
 * that one line of a rule finds for one key. */

/* Whether two files of one line have the same home. */
bool home_same(
    const struct rule_line *line, const struct assembled_dir *a, const struct assembled_dir *b);

/* Whether some line has found files below two homes, though no two files have the same tensors.
 * Then `why`, which is empty, is set to the reason, with the pattern that joins the homes if
 * there is one. */
bool home_check(const struct assembled *g, struct buf *why);

#endif
