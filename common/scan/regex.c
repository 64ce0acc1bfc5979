#include "scan/regex.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

enum {
	PROGRAM_MAX = 3000, /* steps, when all repeats are written out */
	DEPTH_MAX = 20,     /* groups inside one another */
	CLASS = 256         /* no character */
};

enum op {
	OP_SET,   /* a character of the set; with a value, one that is not in it */
	OP_SAVE,  /* the position, in slot `value` of the captures */
	OP_RUN,   /* as many characters of the set as there are, or fewer */
	OP_SPLIT, /* the next step, or else the jump; with a value, the other way round */
	OP_JUMP,
	OP_MATCH
};

/* All characters that are not ASCII are in a set or none is, except that a set of one byte stands
 * for a part of such a character. */
struct regex_step {
	bool set[CLASS + 1];
	uint8_t op, value;
	uint8_t loop; /* 1 + depth of the loop that a split is of, if its body may match nothing */
	bool again;   /* the split follows a repetition */
	bool joint;   /* other ways lead here, too */
	int16_t jump; /* from here, so that a program can be copied */
	uint16_t column; /* in the text, if a name that comes here matches it so far; or 0 */
};

/* ---- from text to program ---- */

struct parser {
	struct regex *re;
	const char *text, *at; /* NUL-terminated */
	const char *slash;     /* the last one that was read */
	unsigned depth;
	bool failed;
	struct error *why;
};

/* Nothing is read after the first error, so that no caller has to look. */
static void
refuse(struct parser *p, const char *at, const char *reason)
{
	size_t column = 1;
	for (const char *c = p->text; c < at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	if (!p->failed)
		error_set(p->why, "column %zu: %s", column, reason);
	p->failed = true;
	p->at += strlen(p->at);
}

/* Appends a step; the result is valid until the next one. */
static struct regex_step *
emit(struct parser *p, struct regex_step step)
{
	struct regex *re = p->re;
	/* There is room for the next power of two. */
	if ((re->size & (re->size - 1)) == 0)
		re->step = xreallocarray(re->step, 2 * re->size + 1, sizeof step);
	re->step[re->size] = step;
	return &re->step[re->size++];
}

/* Reads a character, or adds \d or, within [ ], [:alpha:] to a set and returns CLASS. */
static unsigned
parse_item(struct parser *p, bool *set, bool within)
{
	static const char letters[] = "tnrfv", chars[] = "\t\n\r\f\v", classes[] = "dDsSwW";
	const char *at = p->at++, *letter;
	unsigned char c = (unsigned char)*at;
	char name[8] = "";
	int len = 0;
	if (within && sscanf(at, "[:%7[a-z]:]%n", name, &len) == 1 && len > 0) {
		p->at = at + len;
	} else if (c != '\\') {
		return c;
	} else if ((c = (unsigned char)*p->at++) != '\0' && (letter = strchr(classes, c)) != NULL) {
		strcpy(name, (char *[]){"digit", "space", "alnum"}[(letter - classes) / 2]);
	} else if ((letter = strchr(letters, c)) != NULL && c != '\0') {
		return (unsigned char)chars[letter - letters];
	} else {
		p->at -= c == '\0';
		if (c == '\0' || isalnum(c))
			refuse(p, at,
			    isdigit(c) ? "back-references and octal escapes are not supported: "
			                 "write out the text"
			    : c && strchr("AZbB", c)
			        ? "not supported: a pattern matches the whole name"
			        : "unknown escape: write the character itself");
		return c;
	}
	for (int i = 0; i < 256; i++) {
		bool has = i < 128 && iswctype((wint_t)i, wctype(name));
		set[i] |= (has || (i == '_' && tolower(c) == 'w')) != (isupper(c) != 0);
	}
	if (!wctype(name))
		refuse(p, at, "unknown class: use [:alpha:], [:digit:], [:alnum:], ...");
	return CLASS;
}

/* Returns whether all other characters are meant. */
static bool
parse_set(struct parser *p, bool *set)
{
	const char *open = p->at++;
	bool others = *p->at == '^';
	const char *first = p->at += others;
	while (*p->at && (*p->at != ']' || p->at == first)) {
		const char *at = p->at;
		unsigned low = parse_item(p, set, true), high = low;
		if (*p->at == '-' && p->at[1] != ']' && p->at[1] != '\0') {
			p->at++;
			high = parse_item(p, set, true);
			if (low == CLASS || high == CLASS || high < low)
				refuse(p, at, "invalid range in [ ]: a '-' itself stands last");
		}
		if (high >= 128 && high != CLASS)
			refuse(p, at, "[ ] lists ASCII characters only: write (\xc3\xa4|\xc3\xb6)");
		else if (low == '/' && !others)
			refuse(p, at, "[ ] matches within one name, never a '/'");
		for (unsigned c = low; c <= high && c < CLASS; c++)
			set[c] = true;
	}
	if (*p->at == '\0')
		refuse(p, open, "a '[' has no ']'");
	else if (*first == ':' && p->at - first > 1 && p->at[-1] == ':')
		refuse(p, open, "a class stands within [ ], as in [[:digit:]]");
	else
		p->at++;
	return others;
}

/* Reads a set, a class or a character, which is a step for each of its bytes. */
static void
parse_one(struct parser *p)
{
	const char *at = p->at;
	struct regex_step *step = emit(p, (struct regex_step){.op = OP_SET});
	step->column = (uint16_t)(at - p->text);
	if (*at == '[') {
		step->value = parse_set(p, step->set);
		return;
	}
	unsigned c = parse_item(p, step->set, false);
	step->value = *at == '.';
	step->set[*at == '.' ? '\n' : c] |= c != CLASS;
	p->slash = c == '/' ? at : p->slash;
	p->re->slashes += c == '/';
	size_t n = p->failed ? 0 : utf8_sequence((const unsigned char *)p->at - 1, 4);
	for (; n > 1; n--)
		emit(p, (struct regex_step){0})->set[(uint8_t)*p->at++] = true;
}

static void parse_alternatives(struct parser *p);

static void
parse_group(struct parser *p)
{
	const char *open = p->at;
	int len = 1;
	sscanf(open, "(?P<%*[A-Za-z_]%n%*[0-9A-Za-z_]%n", &len, &len);
	bool named = open[len] == '>', plain = strncmp(open, "(?:", 3) == 0;
	p->at += named ? len + 1 : plain ? 3 : 1;
	if (open[1] == '?' && !named && !plain)
		refuse(p, open,
		    "groups must be (...), (?:...) or (?P<name>...): instead of look-around, write "
		    "the text before or after; instead of a flag, both cases, such as [Tt]rain");
	if (++p->depth > DEPTH_MAX)
		refuse(p, open, "groups are nested more than 20 deep");
	uint8_t slot = 0; /* of all groups that cannot be used */
	if (!plain && ++p->re->captures <= REGEX_CAPTURES)
		slot = (uint8_t)(2 * p->re->captures);
	emit(p, (struct regex_step){.op = OP_SAVE, .value = slot});
	parse_alternatives(p);
	emit(p, (struct regex_step){.op = OP_SAVE, .value = slot | 1});
	if (*p->at == '\0')
		refuse(p, open, "a '(' has no ')'");
	else
		p->at++;
	p->depth--;
}

/* Reads * + ? {m} {m,} {,n} {m,n}. False: none stands here; other braces stand for themselves. */
static bool
parse_quantifier(struct parser *p, size_t *min, size_t *max)
{
	static const char digits[] = "0123456789";
	const char *low = p->at + 1;
	*min = *p->at == '+';
	*max = *p->at == '?' ? 1 : SIZE_MAX;
	if (*p->at == '{') {
		const char *comma = low + strspn(low, digits), *high = comma + (*comma == ',');
		const char *end = high + strspn(high, digits);
		if (*end != '}' || end == low)
			return false;
		*min = strtoul(low, NULL, 10);
		*max = high == comma ? *min : high == end ? SIZE_MAX : strtoul(high, NULL, 10);
		p->at = end;
	} else if (*p->at == '\0' || !strchr("*+?", *p->at)) {
		return false;
	}
	p->at++;
	return true;
}

/* Writes a repeat of the steps from `from` on out: x{2,4} is xx(?:x(?:x)?)?. */
static void
repeat(struct parser *p, size_t from, size_t min, size_t max, bool lazy)
{
	struct regex *re = p->re;
	size_t len = re->size - from, size = len * sizeof *re->step;
	bool endless = max == SIZE_MAX, run = endless && !lazy && len == 1;
	size_t count = endless ? min + 1 : max;
	/* A set alone matches something. */
	struct regex_step split = {.op = OP_SPLIT, .loop = len > 1 ? (uint8_t)(p->depth + 1) : 0};
	if (min > PROGRAM_MAX || count > PROGRAM_MAX || from + count * (len + 1) >= PROGRAM_MAX) {
		refuse(p, p->at - 1, "too long with all repeats written out");
		return;
	}
	split.value = lazy;
	struct regex_step *body = memcpy(xmalloc(size), re->step + from, size);
	re->size = from;
	for (size_t i = 0; i < count; i++) {
		split.jump = (int16_t)((count - i) * (len + 1) + (endless ? 2 : 0));
		split.again = i > min;
		if (i >= min && !run)
			emit(p, split);
		for (size_t k = 0; k < len; k++) {
			emit(p, body[k]);
			body[k].column = 0; /* how far a name comes is seen once */
		}
	}
	free(body);
	if (run) {
		re->step[re->size - 1].op = OP_RUN;
	} else if (endless) {
		split.jump = 2;
		split.again = true;
		emit(p, split);
		emit(p, (struct regex_step){.op = OP_JUMP, .jump = (int16_t)(-len - 1)});
	}
	if (re->levels <= split.loop)
		re->levels = split.loop + 1u;
}

/* Reads a character, set or group with its repeat. */
static void
parse_piece(struct parser *p)
{
	const char *at = p->at;
	size_t from = p->re->size, min, max;
	unsigned slashes = p->re->slashes;
	if ((*at == '^' && at == p->text) || (*at == '$' && p->depth == 0 && at[1] == '\0')) {
		p->at++;
		return;
	}
	if (*at == '^' || *at == '$')
		refuse(p, at, "'^' and '$' can stand at the ends only, and are not needed");
	else if (parse_quantifier(p, &min, &max))
		refuse(p, at,
		    "a repeat must follow a character, a set or a group (the shell's '*' is "
		    "'[^/]*')");
	else if (*at == '(')
		parse_group(p);
	else
		parse_one(p);
	at = p->at;
	if (!parse_quantifier(p, &min, &max))
		return;
	bool lazy = *p->at == '?';
	p->at += lazy;
	if (max < min)
		refuse(p, at, "the first number of a repeat is larger than the second");
	else if (p->re->slashes > slashes)
		refuse(p, p->slash,
		    "a '/' cannot be repeated: write a line for each depth (the shell's '/*' is "
		    "'/[^/]*')");
	else
		repeat(p, from, min, max, lazy);
}

static void
parse_alternatives(struct parser *p)
{
	struct regex *re = p->re;
	size_t from = re->size;
	unsigned slashes = re->slashes;
	/* A split if there is a second alternative. */
	emit(p,
	    (struct regex_step){.op = OP_JUMP, .jump = 1, .column = (uint16_t)(p->at - p->text)});
	while (*p->at && *p->at != '|' && *p->at != ')')
		parse_piece(p);
	if (*p->at != '|')
		return;
	p->at++;
	emit(p, (struct regex_step){.op = OP_JUMP});
	size_t second = re->size;
	re->step[from].op = OP_SPLIT;
	re->step[from].jump = (int16_t)(second - from);
	parse_alternatives(p);
	re->step[second - 1].jump = (int16_t)(re->size - second + 1);
	/* How far a name comes within an alternative says little. */
	for (size_t i = from + 1; i < re->size; i++)
		re->step[i].column = 0;
	if (re->slashes > slashes)
		refuse(p, p->slash,
		    "alternatives cannot contain '/': write (train|val)/images instead of "
		    "(train/images|val/images), or a line for each");
}

int
regex_compile(struct regex *re, const char *text, struct error *why)
{
	struct parser p = {.re = re, .text = text, .at = text, .why = why};
	size_t len = strlen(text);
	*re = (struct regex){.levels = 1};
	if (len == 0)
		return error_set(why, "is empty");
	if (len > REGEX_TEXT_MAX)
		return error_set(why, "longer than %d bytes", REGEX_TEXT_MAX);
	parse_alternatives(&p);
	if (*p.at)
		refuse(&p, p.at, "a ')' has no '('");
	emit(&p, (struct regex_step){.op = OP_MATCH, .column = (uint16_t)len});
	for (size_t i = 0; i < re->size; i++)
		re->step[i + (size_t)re->step[i].jump].joint |= re->step[i].op > OP_SAVE;
	return p.failed ? -1 : 0;
}

void
regex_free(struct regex *re)
{
	free(re->step);
	*re = (struct regex){0};
}

/* ---- the program, on a name ---- */

/* What is tried when the present way fails. */
struct frame {
	uint32_t at;
	uint16_t step; /* or the slot that gets the value `at` back */
	uint8_t level; /* of the outermost loop whose repetition has matched nothing yet */
	bool restore;
};

struct search {
	const struct regex *re;
	const unsigned char *s;
	size_t len;
	struct regex_match *m;
	bool *seen; /* for each step, level and position */
	struct frame *frames;
	size_t count, capacity;
	uint32_t saved[2 * (REGEX_CAPTURES + 1)];
};

static inline void
search_push(struct search *r, size_t at, size_t step, size_t level, bool restore)
{
	if (r->count == r->capacity) {
		r->capacity = 2 * r->capacity + 64;
		r->frames = xreallocarray(r->frames, r->capacity, sizeof *r->frames);
	}
	r->frames[r->count++] = (struct frame){
	    (uint32_t)at, (uint16_t)step, (uint8_t)level, restore};
}

/* Whether a state is new. */
static inline bool
search_enter(struct search *r, size_t step, size_t at, size_t level)
{
	const size_t levels = r->re->levels, len = r->len + 1;
	if (!r->seen)
		r->seen = xcalloc(r->re->size * levels, len);
	bool *seen = &r->seen[(step * levels + level - 1) * len + at], new = !*seen;
	*seen = true;
	return new;
}

/* Length of the character with which the rest of the name begins, if a step takes it; else 0. A
 * byte that is not UTF-8 is a character, as in Python's names of files. */
static inline size_t
search_char(const struct search *r, const struct regex_step *step, size_t at)
{
	if (at == r->len || step->set[r->s[at]] == step->value)
		return 0;
	/* A set with all that are not ASCII takes a whole character. */
	bool whole = r->s[at] >= 128 && step->set[255] != step->value;
	size_t n = whole ? utf8_sequence(r->s + at, r->len - at) : 1;
	return n > 0 ? n : 1;
}

/* Follows the program from a step on until it has matched (true) or fails. */
static bool
search_follow(struct search *r, size_t i, size_t at, size_t level)
{
	const size_t none = r->re->levels;
	for (size_t n, next;; i = next) {
		const struct regex_step *step = &r->re->step[i];
		size_t jump = i + (size_t)step->jump;
		/* Only ways that were put off can lead to the same state. */
		if (step->joint && r->count > 0 && !search_enter(r, i, at, level))
			return false;
		if (step->column > r->m->text ||
		    (step->column > 0 && step->column == r->m->text && at > r->m->name)) {
			r->m->text = step->column;
			r->m->name = at;
		}
		next = i + 1;
		switch (step->op) {
		case OP_SET:
			n = search_char(r, step, at);
			if (n == 0)
				return false;
			at += n;
			level = none;
			break;
		case OP_RUN:
			do {
				search_push(r, at, next, level, false);
				n = search_char(r, step, at);
				at += n;
				level = none;
			} while (n > 0 && search_enter(r, i, at, none));
			return false;
		case OP_SAVE:
			if (r->count > 0)
				search_push(r, r->saved[step->value], step->value, 0, true);
			r->saved[step->value] = (uint32_t)at;
			break;
		case OP_SPLIT:
			/* A repetition that has matched nothing is the last one, as in Python. */
			if (step->again && level <= step->loop) {
				next = jump;
				break;
			}
			level = step->loop > 0 && step->loop < level ? step->loop : level;
			search_push(r, at, step->value ? next : jump, level, false);
			next = step->value ? jump : next;
			break;
		case OP_JUMP:
			next = jump;
			break;
		default:
			return at == r->len;
		}
	}
}

bool
regex_match(const struct regex *re, const char *s, size_t len, struct regex_match *m)
{
	struct search r = {.re = re, .s = (const unsigned char *)s, .len = len, .m = m};
	m->text = m->name = 0;
	if (len > REGEX_NAME_MAX)
		return false;
	bool found = search_follow(&r, 0, 0, re->levels);
	while (!found && r.count > 0) {
		struct frame f = r.frames[--r.count];
		if (f.restore)
			r.saved[f.step] = f.at;
		else
			found = search_follow(&r, f.step, f.at, f.level);
	}
	for (unsigned n = 1; n <= REGEX_CAPTURES; n++) {
		m->start[n] = s + r.saved[2 * n];
		m->len[n] = found ? r.saved[2 * n + 1] - r.saved[2 * n] : 0;
	}
	free(r.seen);
	free(r.frames);
	return found;
}
