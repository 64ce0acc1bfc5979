#ifndef RSENC_SCAN_EXPLAIN_H
#define RSENC_SCAN_EXPLAIN_H

#include "base/buf.h"
#include "base/error.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>

/* What rules make of one file, for people who write rules. */

/* `path` need not exist: then it is matched as it is written. Returns 1 if a line matches the
 * file: appends RULE:LINE <TAB> KEY <TAB> NAMES=PATH to `out`, as in a group line; 0 if none
 * does: appends the reasons to `out`, a line for each, without a newline at the end. */
int explain_path(const struct rule *const *rules, size_t count, const char *path, struct buf *out);

/* Whether a line of `rule` matches the file. */
bool explain_takes(const struct rule *rule, const char *path);

/* Whether a line is valid, but hardly meant: then *doubt says why. */
bool explain_doubt(const struct rule_line *l, struct error *doubt);

#endif
