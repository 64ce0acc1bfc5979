#ifndef RSENC_SCAN_CHECK_H
#define RSENC_SCAN_CHECK_H

#include "base/buf.h"
#include "scan/assembled.h"

/* What is wrong with a group. */

enum group_fault {
	GROUP_COMPLETE,
	GROUP_INCOMPLETE, /* parts or bands are missing */
	GROUP_WRONG       /* two files give one tensor, or a tensor has a name that cannot be */
};

/* The reason, NUL-terminated, is appended to the empty `why`, unless the group is complete. */
enum group_fault check_group(const struct assembled *g, struct buf *why);

#endif
