#ifndef RSENC_SCAN_PROGRESS_H
#define RSENC_SCAN_PROGRESS_H

#include <stddef.h>

/* How far a string is what a pattern asks for, for messages to people who write patterns: the longest
 * beginning of `pattern` (groups that are open in it closed) that matches a beginning of `s`, which is
 * NUL-terminated. *fits and *subject are the lengths of both. Slow: it compiles each beginning. */
void progress_of(const char *pattern, size_t len, const char *s, size_t *fits, size_t *subject);

#endif
