#include "scan/regex_program.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct regex_step *
program_emit(struct program *p, enum op op, unsigned value, size_t jump)
{
	struct regex_step *step = &p->step[p->size++];
	*step = (struct regex_step){
	    .op = (uint8_t)op, .value = (uint8_t)value, .jump = (int16_t)jump, .column = NOWHERE};
	return step;
}

/* ---- alternatives ---- */

void
program_end_alternative(struct program *p, size_t start, size_t *chain)
{
	size_t len = p->size - start;
	memmove(p->step + start + 1, p->step + start, len * sizeof *p->step);
	p->size = start;
	program_emit(p, OP_SPLIT_NEXT, 0, len + 2);
	p->size += len;
	/* Where it leads is not known yet: it holds the place of the one before it. */
	program_emit(p, OP_JUMP, 0, *chain);
	*chain = p->size - 1;
}

void
program_end_alternatives(struct program *p, size_t from, size_t chain, size_t column)
{
	while (chain > 0) {
		struct regex_step *jump = &p->step[chain];
		size_t before = (size_t)jump->jump;
		jump->jump = (int16_t)(p->size - chain);
		chain = before;
	}
	for (size_t i = from; i < p->size; i++)
		p->step[i].column = i == from ? (uint16_t)column : NOWHERE;
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
repeat_copy(struct program *p, struct repeat *r)
{
	for (size_t i = 0; i < r->len; i++) {
		struct regex_step *step = &p->step[p->size++];
		*step = r->body[i];
		step->column = r->first ? step->column : NOWHERE;
	}
	r->first = false;
}

/* x? where the whole repeat ends `jump` steps on. A repetition that matches nothing is the last
 * one, as in Python. */
static void
repeat_optional(struct program *p, struct repeat *r, size_t jump)
{
	size_t start = p->size;
	program_emit(p, r->lazy ? OP_SPLIT_JUMP : OP_SPLIT_NEXT, 0, jump);
	if (r->nullable)
		program_emit(p, OP_ENTER, r->depth, 0);
	repeat_copy(p, r);
	if (r->nullable)
		program_emit(p, OP_CHECK, r->depth, start + jump - p->size);
}

/* Writes a repeat out: x{2,4} is xx(?:x(?:x)?)?. */
bool
program_repeat(
    struct program *p, const struct piece *piece, int min, int max, bool lazy, unsigned depth)
{
	struct repeat r = {NULL, p->size - piece->from, true, piece->nullable, lazy, depth};
	size_t optional = r.len + (r.nullable ? 3 : 1), least = (size_t)min;
	size_t more = max == ENDLESS ? 1 : (size_t)(max - min);
	if (piece->from + least * r.len + more * optional >= PROGRAM_MAX)
		return false;
	r.body = xmalloc(r.len * sizeof *r.body);
	memcpy(r.body, p->step + piece->from, r.len * sizeof *r.body);
	p->size = piece->from;
	for (size_t i = 0; i < least; i++)
		repeat_copy(p, &r);
	if (max != ENDLESS) {
		for (size_t i = more; i > 0; i--)
			repeat_optional(p, &r, i * optional);
	} else if (r.len == 1 && r.body->op == OP_SET && !lazy) {
		r.body->op = OP_STAR;
		repeat_copy(p, &r);
	} else {
		repeat_optional(p, &r, optional + 1);
		program_emit(p, OP_JUMP, 0, -optional);
	}
	if (r.nullable && depth + 2 > p->levels)
		p->levels = depth + 2;
	free(r.body);
	return true;
}
