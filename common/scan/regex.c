#include "scan/regex.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 1 << 16 /* bytes, from one search to the next */ };

/* What is tried when the present way fails. */
struct frame {
	enum { TRY, TRY_RANGE, RESTORE } kind;
	uint16_t step; /* or the slot that gets its value back */
	uint16_t level;
	uint32_t at, low; /* TRY_RANGE: each character before `at`, down to `low` */
};

struct regex_search {
	struct frame *frames;
	size_t count, capacity;
	uint32_t saved[2 * (REGEX_CAPTURES + 1)];
	struct buf failed; /* a bit for each step, level and position */
	const char *s;
	size_t len;
	size_t text, name; /* how far it came */
};

static void
search_push(struct regex_search *r, struct frame f)
{
	if (r->count == r->capacity) {
		r->capacity = 2 * r->capacity + 64;
		r->frames = xreallocarray(r->frames, r->capacity, sizeof *r->frames);
	}
	r->frames[r->count++] = f;
}

/* Whether a state is new. `level` is the depth of the outermost loop whose repetition has matched
 * nothing yet; the greatest level is that there is none. */
static bool
search_enter(const struct regex *re, size_t step, unsigned level, size_t at)
{
	struct regex_search *r = re->search;
	size_t state = (step * re->program.levels + level) * (r->len + 1) + at;
	size_t column = re->program.step[step].column;
	char *byte = &r->failed.data[state / 8], bit = (char)(1 << state % 8);
	if (*byte & bit)
		return false;
	*byte = (char)(*byte | bit);
	if (column != NOWHERE && (column > r->text || (column == r->text && at > r->name))) {
		r->text = column;
		r->name = at;
	}
	return true;
}

/* Takes as many characters of a set as there are. False: what follows has been tried before. */
static bool
search_star(const struct regex *re, struct frame *f)
{
	struct regex_search *r = re->search;
	const struct charset *set = &re->program.step[f->step].set;
	size_t n;
	bool new = true;
	f->low = f->at;
	while (new && (n = charset_match(set, r->s + f->at, r->len - f->at)) > 0) {
		f->at += (uint32_t)n;
		new = search_enter(re, f->step, re->program.levels - 1, f->at);
	}
	f->step++;
	if (f->at > f->low)
		search_push(r, (struct frame){TRY_RANGE, f->step, f->level, f->at, f->low});
	if (f->at > f->low)
		f->level = (uint16_t)(re->program.levels - 1);
	return new;
}

/* Follows the program until it has matched (true) or fails. */
static bool
search_follow(const struct regex *re, struct frame f)
{
	struct regex_search *r = re->search;
	size_t n;
	while (search_enter(re, f.step, f.level, f.at)) {
		const struct regex_step *step = &re->program.step[f.step];
		uint16_t jump = (uint16_t)(f.step + step->jump);
		switch (step->op) {
		case OP_SET:
			n = charset_match(&step->set, r->s + f.at, r->len - f.at);
			if (n == 0)
				return false;
			f.at += (uint32_t)n;
			f.level = (uint16_t)(re->program.levels - 1);
			f.step++;
			break;
		case OP_STAR:
			if (!search_star(re, &f))
				return false;
			break;
		case OP_SPLIT_NEXT:
			search_push(r, (struct frame){TRY, jump, f.level, f.at, 0});
			f.step++;
			break;
		case OP_SPLIT_JUMP:
			search_push(
			    r, (struct frame){TRY, (uint16_t)(f.step + 1), f.level, f.at, 0});
			f.step = jump;
			break;
		case OP_JUMP:
			f.step = jump;
			break;
		case OP_SAVE:
			search_push(
			    r, (struct frame){RESTORE, step->value, 0, r->saved[step->value], 0});
			r->saved[step->value] = f.at;
			f.step++;
			break;
		case OP_ENTER:
			f.level = step->value < f.level ? step->value : f.level;
			f.step++;
			break;
		case OP_CHECK:
			f.step = f.level <= step->value ? jump : (uint16_t)(f.step + 1);
			f.level = f.level == step->value ? (uint16_t)(re->program.levels - 1)
			                                 : f.level;
			break;
		default:
			return f.at == r->len;
		}
	}
	return false;
}

/* Length of the last character of s[low..at). */
static uint32_t
last_char(const char *s, size_t low, size_t at)
{
	for (uint32_t n = 2; (unsigned char)s[at - 1] >= 128 && n <= 4 && n <= at - low; n++) {
		if (utf8_sequence((const unsigned char *)s + at - n, n) == n)
			return n;
	}
	return 1;
}

/* Whether the name begins with the characters that the program begins with: most files are another
 * line's, and differ there. */
static bool
search_begins(const struct regex *re, const char *s, size_t len)
{
	size_t at = 0, n = 1;
	for (const struct regex_step *step = re->program.step; n > 0 && step->op <= OP_SAVE;
	     step++) {
		if (step->op == OP_SET)
			at += n = charset_match(&step->set, s + at, len - at);
	}
	return n > 0;
}

static bool
search_all(const struct regex *re, const char *s, size_t len)
{
	struct regex_search *r = re->search;
	size_t bytes = re->program.size * re->program.levels * (len + 1) / 8 + 1;
	r->count = r->failed.len = r->text = r->name = 0;
	r->s = s;
	r->len = len;
	buf_reserve(&r->failed, bytes);
	memset(r->failed.data, 0, bytes);
	memset(r->saved, 0xff, sizeof r->saved);
	search_push(r, (struct frame){TRY, 0, (uint16_t)(re->program.levels - 1), 0, 0});
	while (r->count > 0) {
		struct frame f = r->frames[--r->count];
		if (f.kind == RESTORE) {
			r->saved[f.step] = f.at;
			continue;
		}
		if (f.kind == TRY_RANGE) {
			f.at -= last_char(s, f.low, f.at);
			if (f.at > f.low) {
				r->frames[r->count++].at = f.at;
				f.level = (uint16_t)(re->program.levels - 1);
			}
		}
		if (search_follow(re, f))
			return true;
	}
	return false;
}

static bool
search(const struct regex *re, const char *s, size_t len)
{
	bool found = search_all(re, s, len);
	/* A rule may have a thousand lines, and a search may need megabytes. */
	if (re->search->failed.capacity > KEPT)
		buf_free(&re->search->failed);
	return found;
}

int
regex_compile(struct regex *re, const char *text, struct error *why)
{
	int status = regex_parse(re, text, why);
	re->search = xcalloc(1, sizeof *re->search);
	return status;
}

bool
regex_match(const struct regex *re, const char *s, size_t len, struct regex_match *m)
{
	const uint32_t *saved = re->search->saved;
	if (len > REGEX_NAME_MAX || !search_begins(re, s, len) || !search(re, s, len))
		return false;
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		bool part = saved[2 * n + 1] != UINT32_MAX;
		m->start[n] = part ? s + saved[2 * n] : s;
		m->len[n] = part ? saved[2 * n + 1] - saved[2 * n] : 0;
	}
	return true;
}

void
regex_reach(const struct regex *re, const char *s, size_t len, size_t *text, size_t *name)
{
	*text = *name = 0;
	if (len > REGEX_NAME_MAX)
		return;
	search(re, s, len);
	*text = re->search->text;
	*name = re->search->name;
}

void
regex_free(struct regex *re)
{
	if (re->search) {
		buf_free(&re->search->failed);
		free(re->search->frames);
	}
	free(re->search);
	free(re->program.step);
	*re = (struct regex){0};
}
