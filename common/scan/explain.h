#ifndef RSENC_SCAN_EXPLAIN_H
#define RSENC_SCAN_EXPLAIN_H

#include "base/buf.h"
#include "scan/rules.h"

#include <stddef.h>

/* What rules make of one file, for people who write rules. */

/* `path` need not exist: then it is matched as it is written. Returns 1 if a line takes the file:
 * appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH to `out`, as in a group line; 0 if none does: appends
 * why to `out`, a line for each cause; -1 when there is no memory. No newline at the end. */
int explain_path(const struct rule *const *rules, size_t count, const char *path, struct buf *out);

/* Whether a line of `rule` takes the file. Returns 1 or 0, -1 when there is no memory. */
int explain_takes(const struct rule *rule, const char *path);

#endif
