#ifndef RSENC_SCAN_LINT_H
#define RSENC_SCAN_LINT_H

#include "base/error.h"

/* What a shell, an editor or a spreadsheet has done to the line of a rule: each returns 0, or -1
 * with the reason. */

/* Control characters, which printf and some shells make of \1. */
int lint_bytes(const char *text, struct error *why);

/* \1 without its backslash: a key "1" or "1_2", bands "2:VH,VV". */
int lint_key(const char *key, unsigned captures, struct error *why);
int lint_tensors(const char *tensors, unsigned captures, struct error *why);

/* Quotes around a field, and r'...' of Python. */
int lint_quotes(const char *where, const char *text, struct error *why);

/* A list of names with blanks, quotes or '?'. */
int lint_list(const char *list, struct error *why);

#endif
