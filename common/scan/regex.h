#ifndef RSENC_SCAN_REGEX_H
#define RSENC_SCAN_REGEX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Regular expressions with the syntax and meaning of Python's re.fullmatch (3.11, re.ASCII): the
 * first alternative, greedy and lazy repeats, the captures of the last repetition. rsenc-rules(5)
 * lists the syntax; anything else is refused with its column.
 *
 * An expression becomes a program, which runs by backtracking. States that were tried are kept and
 * not tried again, so that time is bounded by length x program, whatever the expression
 * (Russ Cox, "Regular Expression Matching: the Virtual Machine Approach"; BitState of RE2).
 */

enum {
	REGEX_TEXT_MAX = 1024, /* bytes of an expression */
	REGEX_NAME_MAX = 8192, /* bytes of a name: a longer one does not match */
	REGEX_CAPTURES = 9     /* groups that can be used, \1 to \9 */
};

struct regex {
	unsigned captures; /* groups, also those that cannot be used */
	unsigned slashes;  /* outside of [ ] */

	/* Private. */
	struct regex_step *step;
	size_t size;
	unsigned loops; /* inside one another */
};

struct regex_match {
	/* Where group N matched; [0] is unused. A group that took no part is empty. */
	const char *start[REGEX_CAPTURES + 1];
	size_t len[REGEX_CAPTURES + 1];
	/* Of a name that does not match: the lengths of the longest part of the expression that
	 * matches a beginning of the name, and of that beginning. */
	size_t text, name;
};

/* Returns 0, or -1 with the reason; regex_free in either case. */
int regex_compile(struct regex *re, const char *text, struct error *why);

/* Whether the whole of `s` matches. Sets start and len of *m if so, text and name in any case. */
bool regex_match(const struct regex *re, const char *s, size_t len, struct regex_match *m);

void regex_free(struct regex *re);

#endif
