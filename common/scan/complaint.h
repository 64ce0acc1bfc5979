#ifndef RSENC_SCAN_COMPLAINT_H
#define RSENC_SCAN_COMPLAINT_H

#include "base/buf.h"
#include "scan/assembled.h"

/* What is wrong with a group: what is missing, files for one and the same tensor, names that cannot
 * be. Returns 0 if nothing is; 1 with the reason, NUL-terminated, in the empty `why`; -1 when there
 * is no memory. */
int complaint(const struct assembled *g, struct buf *why);

#endif
