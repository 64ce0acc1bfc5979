#ifndef RSENC_SCAN_REGEX_H
#define RSENC_SCAN_REGEX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Regular expressions with the syntax and meaning of Python's re.fullmatch (3.11, re.ASCII |
 * re.DOTALL): the first alternative, greedy and lazy repeats, the captures of the last
 * repetition. rsenc-rules(5) lists the syntax; anything else is refused with its column.
 *
 * A name is matched by backtracking. States that have failed are kept in a bitmap and not tried
 * again, so that time is bounded by length x program, whatever the expression (Russ Cox, "Regular
 * Expression Matching: the Virtual Machine Approach"; BitState of RE2).
 */

enum {
	REGEX_TEXT_MAX = 1024,    /* bytes of an expression */
	REGEX_NAME_MAX = 8192,    /* bytes of a name: a longer one does not match */
	REGEX_CAPTURES = 9,       /* groups that can be used, \1 to \9 */
	REGEX_DEPTH_MAX = 20,     /* groups inside one another */
	REGEX_PROGRAM_MAX = 2000, /* steps, when all repeats are written out */
};

struct regex {
	unsigned captures;                          /* groups, also those that cannot be used */
	unsigned slashes;                           /* outside of [ ] */
	unsigned slashes_after[REGEX_CAPTURES + 1]; /* ... and after the start of group N */

	/* Private. */
	struct regex_step *program;
	size_t size;
	unsigned levels; /* of loops inside one another that may match nothing, and one more */
	struct regex_search *search;
};

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
