#include "scan/regex.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* What is tried when the present way fails. */
struct frame {
	uint32_t at;
	uint16_t step; /* or the slot that gets the value `at` back */
	uint8_t level; /* depth of the outermost loop whose repetition has matched nothing yet */
	bool restore;
};

struct search {
	const struct regex *re;
	const char *s;
	size_t len;
	struct regex_match *m;
	unsigned char *seen; /* a bit for each step, level and position */
	struct frame *frames;
	size_t count, capacity;
	uint32_t saved[2 * (REGEX_CAPTURES + 1)];
};

static inline void
search_push(struct search *r, size_t at, size_t step, unsigned level, bool restore)
{
	if (r->count == r->capacity) {
		r->capacity = 2 * r->capacity + 128;
		r->frames = xreallocarray(r->frames, r->capacity, sizeof *r->frames);
	}
	r->frames[r->count++] = (struct frame){
	    (uint32_t)at, (uint16_t)step, (uint8_t)level, restore};
}

/* Whether a state is new. */
static inline bool
search_enter(struct search *r, size_t step, unsigned level, size_t at)
{
	size_t state = (step * r->re->levels + level) * (r->len + 1) + at;
	unsigned char *seen = &r->seen[state / 8], bit = (unsigned char)(1u << state % 8);
	bool new = !(*seen & bit);
	*seen |= bit;
	return new;
}

/* Length of the character with which the rest of the name begins, if a step takes it; else 0. A
 * byte that is not UTF-8 is a character, as in Python's names of files. */
static inline size_t
search_char(const struct search *r, const struct regex_step *step, size_t at)
{
	unsigned char c = at < r->len ? (unsigned char)r->s[at] : 0;
	bool in_set = step->set[c / 32] >> (c % 32) & 1;
	if (at == r->len || in_set == step->value)
		return 0;
	/* A set with all that are not ASCII takes a whole character. */
	bool whole = c >= 128 && (step->value || step->set[7] >> 31);
	size_t n = whole ? utf8_sequence((const unsigned char *)r->s + at, r->len - at) : 1;
	return n > 0 ? n : 1;
}

/* Follows the program until it has matched (true) or fails. */
static bool
search_follow(struct search *r, struct frame from)
{
	const unsigned none = r->re->levels - 1;
	size_t i = from.step, at = from.at, n;
	unsigned level = from.level;
	for (;;) {
		const struct regex_step *step = &r->re->step[i];
		if (step->joint && !search_enter(r, i, level, at))
			return false;
		if (step->column > r->m->text ||
		    (step->column > 0 && step->column == r->m->text && at > r->m->name)) {
			r->m->text = step->column;
			r->m->name = at;
		}
		size_t next = i + 1, jump = i + (size_t)step->jump;
		switch (step->op) {
		case OP_SET:
			n = search_char(r, step, at);
			if (n == 0)
				return false;
			at += n;
			level = none;
			i = next;
			break;
		case OP_SPLIT:
			i = step->value ? jump : next;
			/* A repetition that has matched nothing is the last one, as in Python. */
			if (step->again && level <= step->depth) {
				i = step->jump > 0 ? jump : next;
				break;
			}
			level = step->depth < level ? step->depth : level;
			search_push(r, at, next + jump - i, level, false);
			/* The loop of one set, which matches most of a name. */
			while (i == jump && step->jump == -1 &&
			       (n = search_char(r, step - 1, at)) > 0 &&
			       search_enter(r, i, none, at)) {
				at += n;
				search_push(r, at, next, none, false);
			}
			break;
		case OP_JUMP:
			i = jump;
			break;
		case OP_SAVE:
			search_push(r, r->saved[step->value], step->value, 0, true);
			r->saved[step->value] = (uint32_t)at;
			i = next;
			break;
		default:
			return at == r->len;
		}
	}
}

bool
regex_match(const struct regex *re, const char *s, size_t len, struct regex_match *m)
{
	struct search r = {.re = re, .s = s, .len = len, .m = m};
	bool found = false;
	m->text = m->name = 0;
	if (len > REGEX_NAME_MAX)
		return false;
	r.seen = xcalloc(re->size * re->levels * (len + 1) / 8 + 1, 1);
	search_push(&r, 0, 0, re->levels - 1, false);
	while (!found && r.count > 0) {
		struct frame f = r.frames[--r.count];
		if (f.restore)
			r.saved[f.step] = f.at;
		else
			found = search_follow(&r, f);
	}
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		m->start[n] = s + r.saved[2 * n];
		m->len[n] = found ? r.saved[2 * n + 1] - r.saved[2 * n] : 0;
	}
	free(r.seen);
	free(r.frames);
	return found;
}

void
regex_free(struct regex *re)
{
	free(re->step);
	*re = (struct regex){0};
}
