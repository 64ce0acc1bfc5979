#ifndef RSENC_SCAN_REGEX_H
#define RSENC_SCAN_REGEX_H

#include "scan/regex_parse.h"

/*
 * Regular expressions with the syntax and meaning of Python's re.fullmatch (3.11, re.ASCII |
 * re.DOTALL): the first alternative, greedy and lazy repeats, the captures of the last
 * repetition. rsenc-rules(5) lists the syntax; anything else is refused with its column.
 *
 * A name is matched by backtracking. States that have failed are kept in a bitmap and not tried
 * again, so that time is bounded by length x program, whatever the expression (Russ Cox, "Regular
 * Expression Matching: the Virtual Machine Approach"; BitState of RE2).
 */

enum { REGEX_NAME_MAX = 8192 /* bytes of a name: a longer one does not match */ };

/* Where group N matched; [0] is unused. A group that took no part is empty. */
struct regex_match {
	const char *start[REGEX_CAPTURES + 1];
	size_t len[REGEX_CAPTURES + 1];
};

/* Returns 0, or -1 with the reason; regex_free in either case. */
int regex_compile(struct regex *re, const char *text, struct error *why);

/* Matches the whole of `s`; sets *m if it matches. Not from two threads at once. */
bool regex_match(const struct regex *re, const char *s, size_t len, struct regex_match *m);

/* Of a name that does not match: *text is the length of the longest part of the expression that
 * matches a beginning of the name, *name that of the beginning. */
void regex_reach(const struct regex *re, const char *s, size_t len, size_t *text, size_t *name);

void regex_free(struct regex *re);

#endif
