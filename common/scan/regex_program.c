#include "scan/regex_program.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct regex_step *
program_emit(struct regex *re, enum op op, unsigned value, size_t jump)
{
	struct regex_step *step = &re->program[re->size++];
	*step = (struct regex_step){
	    .op = (uint8_t)op, .value = (uint8_t)value, .jump = (int16_t)jump, .column = NOWHERE};
	return step;
}

/* ---- alternatives ---- */

void
program_end_alternative(struct regex *re, size_t start, size_t *chain)
{
	size_t len = re->size - start;
	memmove(re->program + start + 1, re->program + start, len * sizeof *re->program);
	re->size = start;
	program_emit(re, OP_SPLIT_NEXT, 0, len + 2);
	re->size += len;
	/* Where it leads is not known yet: it holds the place of the one before it. */
	program_emit(re, OP_JUMP, 0, *chain);
	*chain = re->size - 1;
}

void
program_end_alternatives(struct regex *re, size_t from, size_t chain, size_t column)
{
	while (chain > 0) {
		struct regex_step *jump = &re->program[chain];
		size_t before = (size_t)jump->jump;
		jump->jump = (int16_t)(re->size - chain);
		chain = before;
	}
	for (size_t i = from; i < re->size; i++)
		re->program[i].column = i == from ? (uint16_t)column : NOWHERE;
}

/* ---- repeats ---- */

/* What is repeated, and how. */
struct repeat {
	struct regex_step *body;
	size_t len;
	bool first; /* no copy was made yet */
	bool nullable, lazy;
	unsigned depth;
};

/* How far a name comes is seen in the first copy. */
static void
repeat_copy(struct regex *re, struct repeat *r)
{
	for (size_t i = 0; i < r->len; i++) {
		struct regex_step *step = &re->program[re->size++];
		*step = r->body[i];
		step->column = r->first ? step->column : NOWHERE;
	}
	r->first = false;
}

/* x? where the whole repeat ends `jump` steps on. A repetition that matches nothing is the last
 * one, as in Python. */
static void
repeat_optional(struct regex *re, struct repeat *r, size_t jump)
{
	size_t start = re->size;
	program_emit(re, r->lazy ? OP_SPLIT_JUMP : OP_SPLIT_NEXT, 0, jump);
	if (r->nullable)
		program_emit(re, OP_ENTER, r->depth, 0);
	repeat_copy(re, r);
	if (r->nullable)
		program_emit(re, OP_CHECK, r->depth, start + jump - re->size);
}

/* Writes a repeat out: x{2,4} is xx(?:x(?:x)?)?. */
bool
program_repeat(
    struct regex *re, const struct piece *piece, int min, int max, bool lazy, unsigned depth)
{
	struct repeat r = {NULL, re->size - piece->from, true, piece->nullable, lazy, depth};
	size_t optional = r.len + (r.nullable ? 3 : 1), least = (size_t)min;
	size_t more = max == ENDLESS ? 1 : (size_t)(max - min);
	if (piece->from + least * r.len + more * optional >= REGEX_PROGRAM_MAX)
		return false;
	r.body = xmalloc(r.len * sizeof *r.body);
	memcpy(r.body, re->program + piece->from, r.len * sizeof *r.body);
	re->size = piece->from;
	for (size_t i = 0; i < least; i++)
		repeat_copy(re, &r);
	if (max != ENDLESS) {
		for (size_t i = more; i > 0; i--)
			repeat_optional(re, &r, i * optional);
	} else if (r.len == 1 && r.body->op == OP_SET && !lazy) {
		r.body->op = OP_STAR;
		repeat_copy(re, &r);
	} else {
		repeat_optional(re, &r, optional + 1);
		program_emit(re, OP_JUMP, 0, -optional);
	}
	if (r.nullable && depth + 2 > re->levels)
		re->levels = depth + 2;
	free(r.body);
	return true;
}
