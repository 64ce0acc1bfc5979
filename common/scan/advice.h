#ifndef RSENC_SCAN_ADVICE_H
#define RSENC_SCAN_ADVICE_H

#include "base/error.h"

#include <stddef.h>

/*
 * Patterns as people write them who know the regular expressions of Python, or the whole path:
 * what cannot be meant in a POSIX one is an error, what is legal but hardly meant a warning. Both
 * say how to write it.
 */

struct rule_line;

typedef void advice_warn(void *context, const char *text);

/* Returns 0, or -1 with the first thing that is wrong with a pattern. What is merely bad syntax is
 * left to pattern_compile. */
int advice_error(const char *pattern, size_t len, struct error *why);

/* Tells all that looks wrong in a line that was parsed. */
void advice_warnings(const struct rule_line *l, advice_warn *warn, void *context);

#endif
