#ifndef RSENC_SCAN_EXPLAIN_H
#define RSENC_SCAN_EXPLAIN_H

#include "base/buf.h"
#include "scan/groups.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>

/* What rules make of one file, for people who write rules. */

/* Whether a line matches the file; `path` need not exist: then it is matched as it is written.
 * Appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH to `out`, as in a group line; or the reasons why none
 * does, a line for each, without a newline at the end. A file that matches is added to `groups` of these
 * rules, if not NULL. */
bool explain_path(const struct rule *const *rules, size_t count, const char *path,
    struct groups *groups, struct buf *out);

#endif
