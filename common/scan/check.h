#ifndef RSENC_SCAN_CHECK_H
#define RSENC_SCAN_CHECK_H

#include "base/buf.h"
#include "scan/assembled.h"

/* Sets `why`, which is empty, to what is wrong with a group: two files give one tensor, a tensor has
 * a name that cannot be, or parts or bands are missing. Returns whether it is the last. */
bool check_group(const struct assembled *g, struct buf *why);

#endif
