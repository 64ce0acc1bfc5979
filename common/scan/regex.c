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
search_push(struct search *r, struct frame f)
{
	if (r->count == r->capacity) {
		r->capacity = 2 * r->capacity + 128;
		r->frames = xreallocarray(r->frames, r->capacity, sizeof *r->frames);
	}
	r->frames[r->count++] = f;
}

/* Whether a state is new. */
static bool
search_enter(struct search *r, struct frame f)
{
	size_t state = ((size_t)f.step * r->re->levels + f.level) * (r->len + 1) + f.at;
	unsigned bit = 1u << state % 8, column = r->re->step[f.step].column;
	if (r->seen[state / 8] & bit)
		return false;
	r->seen[state / 8] |= (unsigned char)bit;
	if (column > r->m->text || (column > 0 && column == r->m->text && f.at > r->m->name)) {
		r->m->text = column;
		r->m->name = f.at;
	}
	return true;
}

/* Length of the character with which the rest of the name begins, if a step takes it; else 0. A
 * byte that is not UTF-8 is a character, as in Python's names of files. */
static inline uint32_t
search_char(const struct search *r, const struct regex_step *step, size_t at)
{
	unsigned char c = at < r->len ? (unsigned char)r->s[at] : 0;
	bool in_set = step->set[c / 32] >> (c % 32) & 1;
	if (at == r->len || in_set == step->value)
		return 0;
	/* A set with all that are not ASCII takes a whole character. */
	bool whole = c >= 128 && (step->value || step->set[7] >> 31);
	size_t n = whole ? utf8_sequence((const unsigned char *)r->s + at, r->len - at) : 1;
	return n > 0 ? (uint32_t)n : 1;
}

/* Follows the program until it has matched (true) or fails. */
static bool
search_follow(struct search *r, struct frame f)
{
	const uint8_t none = (uint8_t)(r->re->levels - 1);
	while (search_enter(r, f)) {
		const struct regex_step *step = &r->re->step[f.step];
		struct frame jump = f;
		jump.step = (uint16_t)(f.step + step->jump);
		f.step++;
		switch (step->op) {
		case OP_SET:
			jump.at = search_char(r, step, f.at);
			if (jump.at == 0)
				return false;
			f.at += jump.at;
			f.level = none;
			break;
		case OP_STAR:
			jump.at = search_char(r, step, f.at);
			if (jump.at == 0)
				break;
			search_push(r, f);
			f = (struct frame){f.at + jump.at, (uint16_t)(f.step - 1), none, false};
			break;
		case OP_SPLIT:
			f.level = step->depth < f.level ? step->depth : f.level;
			search_push(r, step->value ? f : jump);
			f = step->value ? jump : f;
			break;
		case OP_JUMP:
			f = jump;
			break;
		case OP_SAVE:
			search_push(r, (struct frame){r->saved[step->value], step->value, 0, true});
			r->saved[step->value] = f.at;
			break;
		case OP_CHECK:
			f = f.level <= step->depth ? jump : f;
			f.level = f.level == step->depth ? none : f.level;
			break;
		default:
			return f.at == r->len;
		}
	}
	return false;
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
	memset(r.saved, 0xff, sizeof r.saved);
	search_push(&r, (struct frame){.level = (uint8_t)(re->levels - 1)});
	while (!found && r.count > 0) {
		struct frame f = r.frames[--r.count];
		if (f.restore)
			r.saved[f.step] = f.at;
		else
			found = search_follow(&r, f);
	}
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		bool part = found && r.saved[2 * n + 1] != UINT32_MAX;
		m->start[n] = part ? s + r.saved[2 * n] : s;
		m->len[n] = part ? r.saved[2 * n + 1] - r.saved[2 * n] : 0;
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
