#ifndef RSENC_SCAN_REGEX_PROGRAM_H
#define RSENC_SCAN_REGEX_PROGRAM_H

#include "scan/charset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The program of a regular expression: what regex_parse.c writes and regex.c runs. Each part of it
 * can be moved and copied, as its jumps are relative and lead to its end at most. */

enum { PROGRAM_MAX = 2000 /* steps, when all repeats are written out */ };

enum { ENDLESS = -1, NOWHERE = UINT16_MAX };

enum op {
	OP_SET,        /* a character of the set */
	OP_SAVE,       /* the position, in slot `value` of the captures */
	OP_STAR,       /* as many of them as possible */
	OP_SPLIT_NEXT, /* the next step, or else the jump */
	OP_SPLIT_JUMP, /* the jump, or else the next step */
	OP_JUMP,
	OP_ENTER, /* a repetition begins that may match nothing, in a loop of depth `value` */
	OP_CHECK, /* it ends: if it has matched nothing, the loop is left by the jump */
	OP_MATCH
};

struct regex_step {
	struct charset set;
	uint8_t op, value;
	int16_t jump;    /* relative */
	uint16_t column; /* in the text, from 0, if a name that comes here matches it so far */
};

struct program {
	struct regex_step *step;
	size_t size;
	unsigned levels; /* of loops inside one another that may match nothing, and one more */
};

/* What a part of the text has become: the program from `from` on. */
struct piece {
	size_t from;
	unsigned slashes; /* in the text before it */
	bool nullable;    /* it may match nothing */
};

/* Appends a step. There is room for two for each character of the text, besides repeats. */
struct regex_step *program_emit(struct program *p, enum op op, unsigned value, size_t jump);

/* Makes what was appended from `start` on an alternative to what follows. *chain joins the ends of
 * alternatives: 0 before the first one. */
void program_end_alternative(struct program *p, size_t start, size_t *chain);

/* After the last alternative, of which the first begins at step `from` and at `column`. */
void program_end_alternatives(struct program *p, size_t from, size_t chain, size_t column);

/* Repeats the last part min to max times, in a loop that lies in `depth` groups. False: the program
 * would be too long. */
bool program_repeat(
    struct program *p, const struct piece *piece, int min, int max, bool lazy, unsigned depth);

#endif
