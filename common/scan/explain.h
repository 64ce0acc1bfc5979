#ifndef RSENC_SCAN_EXPLAIN_H
#define RSENC_SCAN_EXPLAIN_H

#include "base/buf.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>

/* What rules make of one file, for people who write rules. */

/* Whether a line matches the file; `path` need not exist: then it is matched as it is written.
 * Appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH to `out`, as in a group line; or the reasons why none
 * does, a line for each, without a newline at the end. */
bool explain_path(const struct rule *const *rules, size_t count, const char *path, struct buf *out);

#endif
