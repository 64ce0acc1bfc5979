#include "scan/regex.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "scan/charset.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

/* What is tried when the present way fails. */
struct frame {
	enum { TRY, TRY_RANGE, RESTORE } kind;
	uint16_t step; /* or the slot that gets its value back */
	uint16_t level;
	uint32_t at,
	    low; /* TRY_RANGE: the characters before `at` one after the other, down to `low` */
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

/* ---- from the text to the program ---- */

struct parser {
	struct regex *re;
	const char *text, *at; /* NUL-terminated */
	const char *slash;     /* the last one that was read */
	unsigned depth;
	struct error *why; /* NULL after the first error */
};

/* What a part of the text has become: the program from `from` on. */
struct piece {
	size_t from;
	unsigned slashes; /* before it */
	bool nullable;    /* it may match nothing */
};

static void parse_alternatives(struct parser *p, const char *begin, struct piece *whole);

/* Nothing is read after the first error, so that no caller has to look. */
static void
refuse(struct parser *p, const char *at, const char *reason)
{
	size_t column = 1;
	for (const char *c = p->text; c < at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	if (p->why)
		error_set(p->why, "column %zu: %s", column, reason);
	p->why = NULL;
	p->at += strlen(p->at);
}

static bool
next_is(const struct parser *p, const char *text)
{
	return strncmp(p->at, text, strlen(text)) == 0;
}

/* There is room: repeats are checked, and any other character adds two steps at most. */
static struct regex_step *
emit(struct regex *re, enum op op, unsigned value, size_t jump)
{
	struct regex_step *step = &re->program[re->size++];
	*step = (struct regex_step){
	    .op = (uint8_t)op, .value = (uint8_t)value, .jump = (int16_t)jump, .column = NOWHERE};
	return step;
}

static struct charset *
emit_set(struct parser *p, const char *at)
{
	struct regex_step *step = emit(p->re, OP_SET, 0, 0);
	step->column = (uint16_t)(at - p->text);
	return &step->set;
}

/* Reads one character, which a backslash may precede. */
static unsigned char
parse_char(struct parser *p)
{
	static const char letters[] = "tnrfv", chars[] = "\t\n\r\f\v";
	const char *at = p->at++;
	unsigned char c = (unsigned char)*at;
	if (c != '\\')
		return c;
	c = (unsigned char)*p->at++;
	const char *letter = isalpha(c) ? strchr(letters, c) : NULL;
	if (letter)
		return (unsigned char)chars[letter - letters];
	p->at -= c == '\0';
	if (c == '\0')
		refuse(p, at, "ends in a backslash");
	else if (isdigit(c))
		refuse(p, at, "back-references are not supported: write the expression again");
	else if (isalpha(c) && strchr("AZbB", c))
		refuse(p, at, "not supported: a pattern matches the whole name");
	else if (isalpha(c))
		refuse(p, at, "unknown escape: write the character itself");
	return c;
}

static bool
is_class_escape(const char *at)
{
	return *at == '\\' && at[1] != '\0' && strchr("dwsDWS", at[1]);
}

/* Adds [:alpha:] or \d and returns 0, or returns a single character. */
static unsigned char
parse_member(struct parser *p, struct charset *set, bool negated)
{
	const char *at = p->at;
	char lower = is_class_escape(at) ? (char)tolower(at[1]) : '\0';
	size_t name = strspn(at, "[:") == 2 ? strcspn(at + 2, ":]") : 0;
	if (lower) {
		p->at += 2;
		charset_add_class(set, &lower, 1, at[1] != lower);
		return 0;
	}
	if (name > 1 && strncmp(at + 2 + name, ":]", 2) == 0) {
		p->at += name + 4;
		if (!charset_add_class(set, at + 2, name, false))
			refuse(p, at, "unknown class: [:alpha:], [:digit:], [:alnum:], ...");
		return 0;
	}
	unsigned char c = parse_char(p);
	if (c >= 128)
		refuse(p, at, "[ ] lists ASCII characters only: write (\xc3\xa4|\xc3\xb6)");
	else if (c == '/' && !negated)
		refuse(p, at, "[ ] matches within one name, never a '/'");
	return c;
}

static void
parse_set(struct parser *p)
{
	const char *open = p->at++;
	struct charset *set = emit_set(p, open);
	bool negated = next_is(p, "^");
	const char *first = p->at += negated;
	while (*p->at && (*p->at != ']' || p->at == first)) {
		const char *at = p->at;
		unsigned char low = parse_member(p, set, negated), high = low;
		if (next_is(p, "-") && p->at[1] != ']' && p->at[1] != '\0') {
			p->at++;
			high = parse_member(p, set, negated);
			if (low == 0 || high < low)
				refuse(p, at, "invalid range in [ ]: a '-' itself stands last");
		}
		for (unsigned c = low; c > 0 && c <= high; c++)
			charset_add(set, (unsigned char)c);
	}
	if (negated)
		charset_negate(set);
	if (*p->at == '\0')
		refuse(p, open, "a '[' has no ']'");
	else if (open[1] == ':' && p->at - open > 2 && p->at[-1] == ':')
		refuse(p, open, "a class stands within [ ], as in [[:digit:]]");
	else
		p->at++;
}

/* . or \d */
static void
parse_class(struct parser *p)
{
	struct charset *set = emit_set(p, p->at);
	if (*p->at == '\\') {
		parse_member(p, set, false);
		return;
	}
	p->at++;
	charset_negate(set);
}

/* A character that stands for itself, with a step for each of its bytes. */
static void
parse_literal(struct parser *p)
{
	const char *at = p->at;
	struct charset *set = emit_set(p, at);
	unsigned char c = parse_char(p);
	if (!p->why)
		return;
	charset_add(set, c);
	if (c == '/') {
		p->slash = at;
		p->re->slashes++;
		for (unsigned n = 1; n <= p->re->captures && n <= REGEX_CAPTURES; n++)
			p->re->slashes_after[n]++;
	}
	const char *bytes = p->at - 1;
	for (size_t n = utf8_sequence((const unsigned char *)bytes, strlen(bytes)); n > 1; n--)
		charset_add(&emit(p->re, OP_SET, 0, 0)->set, (unsigned char)*p->at++);
}

/* Reads "(", "(?:" or "(?P<name>". Returns whether it is a capture. */
static bool
parse_group_begin(struct parser *p)
{
	const char *at = p->at;
	bool plain = !next_is(p, "(?"), named = next_is(p, "(?P<");
	bool valid = plain || named || next_is(p, "(?:");
	p->at += plain ? 1 : named ? 4 : valid ? 3 : 0;
	if (named) {
		valid = !isdigit((unsigned char)*p->at) && *p->at != '>';
		while (isalnum((unsigned char)*p->at) || *p->at == '_')
			p->at++;
		valid = valid && next_is(p, ">");
		p->at += valid;
	}
	if (!valid)
		refuse(p, at,
		    "groups are (...), (?:...) or (?P<name>...): instead of look-around write what "
		    "precedes or follows, instead of flags both cases, as in [Tt]rain");
	return plain || named;
}

static void
parse_group(struct parser *p, struct piece *piece)
{
	const char *open = p->at;
	struct piece inner;
	unsigned n = parse_group_begin(p) ? ++p->re->captures : REGEX_CAPTURES + 1;
	if (++p->depth > REGEX_DEPTH_MAX)
		refuse(p, open, "more than 20 groups inside one another");
	if (n <= REGEX_CAPTURES)
		emit(p->re, OP_SAVE, 2 * n, 0);
	parse_alternatives(p, open, &inner);
	if (n <= REGEX_CAPTURES)
		emit(p->re, OP_SAVE, 2 * n + 1, 0);
	if (*p->at == '\0')
		refuse(p, open, "a '(' has no ')'");
	else
		p->at++;
	p->depth--;
	piece->nullable = inner.nullable;
}

/* ---- repeats ---- */

static bool
parse_count(struct parser *p, int *count)
{
	size_t digits = strspn(p->at, "0123456789");
	if (digits > 0)
		*count = digits < 9 ? atoi(p->at) : 999999999;
	p->at += digits;
	return digits > 0;
}

/* Reads * + ? {m} {m,} {,n} {m,n}. False: none stands here; other braces stand for themselves. */
static bool
parse_quantifier(struct parser *p, int *min, int *max)
{
	const char *at = p->at;
	if (*at == '\0' || !strchr("*+?{", *at))
		return false;
	p->at++;
	*min = *at == '+';
	*max = *at == '?' ? 1 : ENDLESS;
	if (*at != '{')
		return true;
	bool given = parse_count(p, min), comma = next_is(p, ",");
	p->at += comma;
	if (!comma)
		*max = *min;
	else
		parse_count(p, max);
	bool complete = (given || comma) && next_is(p, "}");
	p->at = complete ? p->at + 1 : at;
	return complete;
}

/* Copies a part. How far a name comes is seen in its first copy. */
static void
emit_copy(struct regex *re, const struct regex_step *body, size_t len, bool first)
{
	for (size_t i = 0; i < len; i++) {
		struct regex_step *step = &re->program[re->size++];
		*step = body[i];
		step->column = first ? step->column : NOWHERE;
	}
}

/* x? where the whole repeat ends `jump` steps on. A repetition that matches nothing is the last
 * one, as in Python. */
static void
emit_optional(struct parser *p, const struct piece *piece, const struct regex_step *body,
    size_t len, bool lazy, size_t jump)
{
	size_t start = p->re->size;
	emit(p->re, lazy ? OP_SPLIT_JUMP : OP_SPLIT_NEXT, 0, jump);
	if (piece->nullable)
		emit(p->re, OP_ENTER, p->depth, 0);
	emit_copy(p->re, body, len, start == piece->from);
	if (piece->nullable)
		emit(p->re, OP_CHECK, p->depth, start + jump - p->re->size);
}

/* Writes a repeat out: x{2,4} is xx(?:x(?:x)?)?. */
static void
repeat(struct parser *p, const struct piece *piece, int min, int max, bool lazy)
{
	struct regex *re = p->re;
	size_t len = re->size - piece->from, optional = len + (piece->nullable ? 3 : 1);
	size_t least = (size_t)min, more = max == ENDLESS ? 1 : (size_t)(max - min);
	if (piece->from + least * len + more * optional >= REGEX_PROGRAM_MAX) {
		refuse(p, p->at - 1, "too long with all repeats written out");
		return;
	}
	struct regex_step *body = xmalloc(len * sizeof *body);
	memcpy(body, re->program + piece->from, len * sizeof *body);
	re->size = piece->from;
	for (size_t i = 0; i < least; i++)
		emit_copy(re, body, len, i == 0);
	if (max != ENDLESS) {
		for (size_t i = more; i > 0; i--)
			emit_optional(p, piece, body, len, lazy, i * optional);
	} else if (len == 1 && body->op == OP_SET && !lazy) {
		body->op = OP_STAR;
		emit_copy(re, body, 1, least == 0);
	} else {
		emit_optional(p, piece, body, len, lazy, optional + 1);
		emit(re, OP_JUMP, 0, -optional);
	}
	if (piece->nullable && p->depth + 2 > re->levels)
		re->levels = p->depth + 2;
	free(body);
}

static void
parse_repeat(struct parser *p, struct piece *piece)
{
	const char *at = p->at;
	int min, max;
	if (!parse_quantifier(p, &min, &max))
		return;
	bool lazy = next_is(p, "?");
	p->at += lazy;
	if (max != ENDLESS && max < min)
		refuse(p, at, "the first number of a repeat is larger than the second");
	else if (!lazy && next_is(p, "+"))
		refuse(p, p->at, "possessive repeats are not supported: remove the '+'");
	else if (p->re->slashes > piece->slashes)
		refuse(p, p->slash,
		    "a '/' cannot be repeated: write a line for each depth (the shell's '/*' is "
		    "'/[^/]*')");
	else
		repeat(p, piece, min, max, lazy);
	piece->nullable |= min == 0;
	at = p->at;
	if (parse_quantifier(p, &min, &max))
		refuse(p, at, "a repeat cannot follow a repeat");
}

/* ---- the whole ---- */

static void
parse_piece(struct parser *p, struct piece *piece)
{
	const char *at = p->at;
	int min, max;
	*piece = (struct piece){.from = p->re->size, .slashes = p->re->slashes};
	if ((*at == '^' && at == p->text) || (*at == '$' && p->depth == 0 && at[1] == '\0')) {
		p->at++;
		piece->nullable = true;
		return;
	}
	if (*at == '^' || *at == '$')
		refuse(p, at, "'^' and '$' can stand at the ends only, and are not needed");
	else if (parse_quantifier(p, &min, &max))
		refuse(p, at, "nothing to repeat (the shell's '*' is '[^/]*')");
	else if (*at == '(')
		parse_group(p, piece);
	else if (*at == '[')
		parse_set(p);
	else if (*at == '.' || is_class_escape(at))
		parse_class(p);
	else
		parse_literal(p);
	parse_repeat(p, piece);
}

/* What begins at `begin` tries one alternative after the other. */
static void
parse_alternatives(struct parser *p, const char *begin, struct piece *whole)
{
	struct regex *re = p->re;
	struct piece piece;
	size_t last_jump = 0, from = re->size;
	unsigned slashes = re->slashes;
	*whole = (struct piece){.from = from};
	for (;;) {
		bool nullable = true;
		size_t start = re->size;
		while (*p->at && *p->at != '|' && *p->at != ')') {
			parse_piece(p, &piece);
			nullable &= piece.nullable;
		}
		whole->nullable |= nullable;
		if (*p->at != '|')
			break;
		p->at++;
		size_t len = re->size - start;
		memmove(re->program + start + 1, re->program + start, len * sizeof *re->program);
		re->size = start;
		emit(re, OP_SPLIT_NEXT, 0, len + 2);
		re->size += len;
		/* The jumps to the end of all are chained until that is known. */
		emit(re, OP_JUMP, 0, last_jump);
		last_jump = re->size - 1;
	}
	if (last_jump == 0)
		return;
	if (re->slashes > slashes)
		refuse(p, p->slash,
		    "alternatives cannot contain '/': write (train|val)/images instead of "
		    "(train/images|val/images), or a line for each");
	while (last_jump > 0) {
		struct regex_step *jump = &re->program[last_jump];
		size_t before = (size_t)jump->jump;
		jump->jump = (int16_t)(re->size - last_jump);
		last_jump = before;
	}
	for (size_t i = from; i < re->size; i++)
		re->program[i].column = i == from ? (uint16_t)(begin - p->text) : NOWHERE;
}

int
regex_compile(struct regex *re, const char *text, struct error *why)
{
	struct error unused;
	struct parser p = {.re = re, .text = text, .at = text, .why = why ? why : &unused};
	struct piece whole;
	size_t len = strlen(text);
	*re = (struct regex){.levels = 1};
	if (len == 0)
		return error_set(why, "is empty");
	if (len > REGEX_TEXT_MAX)
		return error_set(why, "longer than %d bytes", REGEX_TEXT_MAX);
	re->program = xcalloc(REGEX_PROGRAM_MAX + 2 * len + 1, sizeof *re->program);
	parse_alternatives(&p, text, &whole);
	if (*p.at)
		refuse(&p, p.at, "a ')' has no '('");
	emit(re, OP_MATCH, 0, 0)->column = (uint16_t)len;
	re->program = xreallocarray(re->program, re->size, sizeof *re->program);
	re->search = xcalloc(1, sizeof *re->search);
	return p.why ? 0 : -1;
}

/* ---- search ---- */

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
	size_t state = (step * re->levels + level) * (r->len + 1) + at;
	size_t column = re->program[step].column;
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
	const struct charset *set = &re->program[f->step].set;
	size_t n;
	bool new = true;
	f->low = f->at;
	while (new && (n = charset_match(set, r->s + f->at, r->len - f->at)) > 0) {
		f->at += (uint32_t)n;
		new = search_enter(re, f->step, re->levels - 1, f->at);
	}
	f->step++;
	if (f->at > f->low)
		search_push(r, (struct frame){TRY_RANGE, f->step, f->level, f->at, f->low});
	if (f->at > f->low)
		f->level = (uint16_t)(re->levels - 1);
	return new;
}

/* Follows the program until it has matched (true) or fails. */
static bool
search_follow(const struct regex *re, struct frame f)
{
	struct regex_search *r = re->search;
	size_t n;
	while (search_enter(re, f.step, f.level, f.at)) {
		const struct regex_step *step = &re->program[f.step];
		uint16_t jump = (uint16_t)(f.step + step->jump);
		switch (step->op) {
		case OP_SET:
			n = charset_match(&step->set, r->s + f.at, r->len - f.at);
			if (n == 0)
				return false;
			f.at += (uint32_t)n;
			f.level = (uint16_t)(re->levels - 1);
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
			f.level = f.level == step->value ? (uint16_t)(re->levels - 1) : f.level;
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
	for (const struct regex_step *step = re->program; n > 0 && step->op <= OP_SAVE; step++) {
		if (step->op == OP_SET)
			at += n = charset_match(&step->set, s + at, len - at);
	}
	return n > 0;
}

static bool
search(const struct regex *re, const char *s, size_t len)
{
	struct regex_search *r = re->search;
	size_t bytes = re->size * re->levels * (len + 1) / 8 + 1;
	r->count = r->failed.len = r->text = r->name = 0;
	r->s = s;
	r->len = len;
	buf_reserve(&r->failed, bytes);
	memset(r->failed.data, 0, bytes);
	memset(r->saved, 0xff, sizeof r->saved);
	search_push(r, (struct frame){TRY, 0, (uint16_t)(re->levels - 1), 0, 0});
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
				f.level = (uint16_t)(re->levels - 1);
			}
		}
		if (search_follow(re, f))
			return true;
	}
	return false;
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
	free(re->program);
	*re = (struct regex){0};
}
