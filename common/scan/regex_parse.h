#ifndef RSENC_SCAN_REGEX_PARSE_H
#define RSENC_SCAN_REGEX_PARSE_H

#include "base/error.h"
#include "scan/regex_program.h"

/* The syntax of regular expressions, for regex.h. */

enum {
	REGEX_TEXT_MAX = 1024, /* bytes of an expression */
	REGEX_CAPTURES = 9,    /* groups that can be used, \1 to \9 */
	REGEX_DEPTH_MAX = 20,  /* groups inside one another */
};

struct regex {
	unsigned captures;                          /* groups, also those that cannot be used */
	unsigned slashes;                           /* outside of [ ] */
	unsigned slashes_after[REGEX_CAPTURES + 1]; /* ... and after the start of group N */

	/* Private. */
	struct program program;
	struct regex_search *search;
};

/* Fills *re, but for `search`. Returns 0, or -1 with the reason; the caller frees the program's
 * steps in either case. */
int regex_parse(struct regex *re, const char *text, struct error *why);

#endif
