#ifndef RSENC_SCAN_CHECK_H
#define RSENC_SCAN_CHECK_H

#include "base/buf.h"
#include "scan/assembled.h"

/* The home of a file is the directory in which the match of its path begins. All files lie below it
 * that one line of a rule finds for one key. Whether two files of a line have the same home: */
bool check_same_home(
    const struct rule_line *line, const struct assembled_dir *a, const struct assembled_dir *b);

/* The same for the same home. */
uint64_t check_home_hash(const struct rule_line *line, struct assembled_dir *dir);

/* Sets `why`, which is empty, to what is wrong with a group: two files give one tensor, a line has
 * found files below two homes, a tensor has a name that cannot be, or parts or bands are missing.
 * Returns whether it is the last. */
bool check_group(const struct assembled *g, struct buf *why);

#endif
