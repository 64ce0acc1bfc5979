#include "scan/regex.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdlib.h>

/* A step at a position. Frames keep those that are tried when the present way fails, and, among
 * them, what was saved on this way. */
struct state {
	uint32_t at;
	uint16_t step;
	uint8_t level; /* depth of the outermost loop whose repetition has matched nothing yet */
	uint8_t slot;  /* of the captures, in which `at` was saved; or 0 */
};

struct search {
	const struct regex *re;
	const unsigned char *s;
	size_t len;
	size_t reach;  /* column << 16 | position */
	uint8_t *seen; /* a bit for each joint, level and position */
	struct state *frames;
	size_t count, capacity;
};

static inline void
search_push(struct search *r, size_t step, size_t at, unsigned level, unsigned slot)
{
	if (r->count == r->capacity) {
		r->capacity = 2 * r->capacity + 64;
		r->frames = xreallocarray(r->frames, r->capacity, sizeof *r->frames);
	}
	r->frames[r->count++] = (struct state){
	    (uint32_t)at, (uint16_t)step, (uint8_t)level, (uint8_t)slot};
}

/* Whether a state of a step to which several ways lead is new. */
static inline bool
search_enter(struct search *r, size_t joint, size_t at, unsigned level)
{
	size_t levels = r->re->loops + 1u, width = r->len / 8 + 1;
	if (!r->seen)
		r->seen = xcalloc(r->re->joints * levels, width);
	uint8_t *seen = &r->seen[(joint * levels - level) * width + at / 8], old = *seen;
	*seen |= (uint8_t)(1 << at % 8);
	return *seen != old;
}

/* Length of the character with which the rest of the name begins, if a set contains it; else 0.
 * A byte that is not UTF-8 is a character, as in Python's names of files. */
static inline size_t
search_char(const struct search *r, const bool *set, size_t at)
{
	if (at == r->len || !set[r->s[at]])
		return 0;
	/* A set with all that are not ASCII contains the whole character. */
	bool whole = r->s[at] >= 128 && set[255];
	size_t n = whole ? utf8_sequence(r->s + at, r->len - at) : 1;
	return n > 0 ? n : 1;
}

/* Follows the program from a state on until it has matched (true) or fails. */
static bool
search_follow(struct search *r, size_t i, size_t at, unsigned level)
{
	const unsigned none = r->re->loops + 1u;
	for (size_t n, next;; i = next) {
		const struct regex_step *step = &r->re->step[i];
		size_t jump = i + (size_t)step->jump;
		/* Only ways that were put off can lead to the same state. */
		if (step->joint > 0 && r->count > 0 && !search_enter(r, step->joint, at, level))
			return false;
		size_t reach = (size_t)step->column << 16 | at;
		if (step->column > 0 && reach > r->reach)
			r->reach = reach;
		next = i + 1;
		switch (step->op) {
		case OP_SET:
			n = search_char(r, step->set, at);
			if (n == 0)
				return false;
			at += n;
			level = none;
			break;
		case OP_SAVE:
			search_push(r, 0, at, 0, step->slot);
			break;
		case OP_RUN:
			while ((n = search_char(r, step->set, at)) > 0) {
				search_push(r, next, at, level, 0);
				at += n;
				level = none;
				if (step->joint > 0 && !search_enter(r, step->joint, at, level))
					return false;
			}
			break;
		case OP_SPLIT:
			/* A repetition that has matched nothing is the last one, as in Python. */
			if (level <= step->again) {
				next = jump;
				break;
			}
			level = step->loop < level ? step->loop : level;
			search_push(r, step->lazy ? next : jump, at, level, 0);
			next = step->lazy ? jump : next;
			break;
		case OP_JUMP:
			next = level > step->again ? jump : next;
			break;
		default:
			return at == r->len;
		}
	}
}

bool
regex_match(const struct regex *re, const char *s, size_t len, struct regex_match *m)
{
	struct search r = {.re = re, .s = (const unsigned char *)s, .len = len};
	size_t saved[2 * REGEX_CAPTURES + 2] = {0};
	bool found = len <= REGEX_NAME_MAX && search_follow(&r, 0, 0, re->loops + 1u);
	while (!found && r.count > 0) {
		struct state f = r.frames[--r.count];
		found = f.slot == 0 && search_follow(&r, f.step, f.at, f.level);
	}
	m->text = r.reach >> 16;
	m->name = r.reach & 0xffff;
	for (size_t i = 0; i < r.count; i++)
		saved[r.frames[i].slot] = r.frames[i].at;
	for (size_t n = 1; found && n <= REGEX_CAPTURES; n++) {
		m->start[n] = s + saved[2 * n];
		m->len[n] = saved[2 * n + 1] - saved[2 * n];
	}
	free(r.seen);
	free(r.frames);
	return found;
}
