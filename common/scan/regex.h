#ifndef RSENC_SCAN_REGEX_H
#define RSENC_SCAN_REGEX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	uint16_t joints; /* steps to which several ways lead */
	uint8_t loops;   /* inside one another */
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

/* ---- the program: regex.c writes it, regex_match.c runs it ---- */

enum regex_op {
	OP_SET,   /* a character of the set */
	OP_SAVE,  /* the position, in a slot of the captures */
	OP_RUN,   /* as many characters of the set as there are, or fewer */
	OP_SPLIT, /* the next step, or else the jump; if lazy, the other way round */
	OP_JUMP,
	OP_MATCH
};

/* All characters that are not ASCII are in a set or none is, except that a set of one byte stands
 * for a part of such a character. */
struct regex_step {
	bool set[256];
	uint8_t op, slot;
	bool lazy;
	uint8_t loop;    /* depth of the loop whose repetition begins here, or UINT8_MAX */
	uint8_t again;   /* depth of the loop whose repetition ends before this step, or 0 */
	uint16_t joint;  /* number of a step to which several ways lead, from 1 */
	int16_t jump;    /* from here, so that steps can be copied */
	uint16_t column; /* in the text, if a name that gets here matches it so far; or 0 */
};

#endif
