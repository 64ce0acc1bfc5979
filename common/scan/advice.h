#ifndef RSENC_SCAN_ADVICE_H
#define RSENC_SCAN_ADVICE_H

#include "base/error.h"

#include <stddef.h>

/*
 * Patterns as people write them who know the regular expressions of Python, the stars of the shell, or
 * the whole path: what cannot be meant in a POSIX one is an error that says how to write it. What is
 * legal but hardly meant is for doubt.h.
 */

/* Returns 0, or -1 with the first thing that is wrong with a pattern, "PATTERN: ...". What is merely
 * bad syntax is left to pattern_compile. */
int advice_error(const char *pattern, size_t len, struct error *why);

/* p stands at a '['. Returns what follows its ']', or `end` if it has none; NULL, with the reason, if
 * something in it cannot be meant. */
const char *advice_bracket(const char *p, const char *end, struct error *why);

#endif
