#ifndef RSENC_SCAN_CHECK_H
#define RSENC_SCAN_CHECK_H

#include "base/buf.h"
#include "scan/assembled.h"

/* Sets `why`, which is empty, to what is wrong with a group: two files give one tensor, a line has
 * found files below two homes, a tensor name is not allowed, or parts or bands are missing.
 * Returns whether it is the last.
 *
 * The home of a file is the directory in which the match of its path begins. All files lie below
 * it that one line of a rule finds for one key. */
bool check_group(const struct assembled *g, struct buf *why);

#endif
