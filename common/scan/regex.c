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
	STEPS_MAX = 3000, /* of a program, with all repeats written out */
	DEPTH_MAX = 20,   /* groups inside one another */
	CLASS = 256       /* not one character */
};

enum op {
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
	bool joint;      /* several ways lead here */
	int16_t jump;    /* from here, so that steps can be copied */
	uint16_t column; /* in the text, if a name that gets here matches it so far; or 0 */
};

/* ---- from the text to the program ---- */

struct parser {
	struct regex *re;
	const char *text, *at; /* NUL-terminated */
	const char *slash;     /* behind the last '/' that was read */
	unsigned depth;
	bool failed;
	struct error *why;
};

/* Refuses the text unless a condition is met. Nothing is read after the first error, so that no
 * caller has to look. */
static void
require(struct parser *p, bool met, const char *at, const char *reason)
{
	size_t column = 1;
	if (met || p->failed)
		return;
	for (const char *c = p->text; c < at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	error_set(p->why, "column %zu: %s", column, reason);
	p->failed = true;
	p->at = p->text + strlen(p->text);
}

/* Puts a step before step i, or at the end. The result is valid until the next one. */
static struct regex_step *
insert(struct regex *re, size_t i, struct regex_step step)
{
	/* There is room for the next power of two. */
	if ((re->size & (re->size - 1)) == 0)
		re->step = xreallocarray(re->step, 2 * re->size + 1, sizeof step);
	memmove(re->step + i + 1, re->step + i, (re->size++ - i) * sizeof step);
	re->step[i] = step;
	return re->step + i;
}

/* Adds a character, \d or, within [ ], [:alpha:] to a set. Returns the character, or CLASS. */
static unsigned
parse_item(struct parser *p, bool *set, bool within)
{
	static const char letters[] = "tnrfv", chars[] = "\t\n\r\f\v", classes[] = "dDsSwW";
	static const char *const names[] = {"digit", "space", "alnum"};
	const char *at = p->at++, *letter;
	unsigned char c = (unsigned char)*at;
	char name[8];
	int len = 0;
	if (within && sscanf(at, "[:%7[a-z]:]%n", name, &len) == 1 && len > 0) {
		p->at = at + len;
	} else if (c == '\\') {
		c = (unsigned char)*p->at++;
		if ((letter = memchr(classes, c, 6)) != NULL)
			len = sprintf(name, "%s", names[(letter - classes) / 2]);
		else if ((letter = memchr(letters, c, 5)) != NULL)
			c = (unsigned char)chars[letter - letters];
		require(p, !isdigit(c), at,
		    "back-references and octal escapes are not supported: repeat the pattern of "
		    "the group");
		require(p, !memchr("AZbB", c, 4), at,
		    "not supported: a pattern matches the whole name");
		require(p, len > 0 || (c != '\0' && !isalnum(c)), at,
		    "unknown escape: write the character itself");
	}
	if (len == 0) {
		/* A '.' is all but a newline. */
		set[*at == '.' && !within ? '\n' : c] = true;
		return c;
	}
	wctype_t class = wctype(name);
	require(p, class, at, "unknown class: use [:alpha:], [:digit:], [:alnum:], ...");
	for (int i = 0; i < 256; i++) {
		bool has = (i == '_' && tolower(c) == 'w') ||
		           (i < 128 && iswctype((wint_t)i, class));
		set[i] |= has != (isupper(c) != 0);
	}
	return CLASS;
}

/* Reads a set, a class or a character, which is a step for each of its bytes. */
static void
parse_set(struct parser *p)
{
	const char *open = p->at;
	struct regex_step step = {.op = OP_SET, .column = (uint16_t)(open - p->text)};
	bool within = *open == '[', others = *open == '.' || (within && open[1] == '^');
	const char *first = p->at += within + (within && others);
	while (*p->at && (p->at == first || (within && *p->at != ']'))) {
		const char *at = p->at;
		unsigned low = parse_item(p, step.set, within), high = low;
		if (within && *p->at == '-' && p->at[1] != ']' && p->at[1] != '\0') {
			p->at++;
			high = parse_item(p, step.set, true);
			require(p, low <= high && high != CLASS, at,
			    "invalid range in [ ]: a '-' itself stands last");
		}
		require(p, !within || high < 128 || high == CLASS, at,
		    "[ ] lists ASCII characters only: write (\xc3\xa4|\xc3\xb6)");
		require(p, !within || low != '/' || others, at,
		    "[ ] matches within one name, never a '/'");
		for (unsigned c = low; c < high; c++)
			step.set[c] = true;
		p->slash = low == '/' && !within ? p->at : p->slash;
		p->re->slashes += low == '/' && !within;
	}
	require(p, !within || *p->at == ']', open, "a '[' has no ']'");
	require(p, !within || *first != ':' || p->at - first < 2 || p->at[-1] != ':', open,
	    "a class stands within [ ], as in [[:digit:]]");
	p->at += within && *p->at == ']';
	for (int i = 0; i < 256; i++)
		step.set[i] ^= others;
	insert(p->re, p->re->size, step);
	for (size_t n = utf8_sequence((const unsigned char *)p->at - 1, 4); n > 1; n--)
		insert(p->re, p->re->size, (struct regex_step){0})->set[(uint8_t)*p->at++] = true;
}

static void parse_alternatives(struct parser *p);

static void
parse_group(struct parser *p)
{
	const char *open = p->at;
	struct regex_step save = {.op = OP_SAVE};
	int len = 1;
	sscanf(open, "(?P<%*[A-Za-z_]%n%*[0-9A-Za-z_]%n", &len, &len);
	bool named = open[len] == '>', plain = strncmp(open, "(?:", 3) == 0;
	p->at += named ? len + 1 : plain ? 3 : 1;
	require(p, open[1] != '?' || named || plain, open,
	    "groups must be (...), (?:...) or (?P<name>...): instead of look-around, write the "
	    "text before or after; instead of a flag, both cases, such as [Tt]rain");
	for (const char *other = p->text; named && other < open; other++)
		require(p, strncmp(other, open, (size_t)len + 1) != 0, open,
		    "duplicate group name: rename one of the groups");
	require(p, ++p->depth <= DEPTH_MAX, open, "groups are nested more than 20 deep");
	if (!plain && ++p->re->captures <= REGEX_CAPTURES)
		save.slot = (uint8_t)(2 * p->re->captures);
	if (save.slot > 0)
		insert(p->re, p->re->size, save);
	parse_alternatives(p);
	if (save.slot++ > 0)
		insert(p->re, p->re->size, save);
	require(p, *p->at == ')', open, "a '(' has no ')'");
	p->at += *p->at == ')';
	p->depth--;
}

/* Reads * + ? {m} {m,} {,n} {m,n}. False: none stands here; other braces stand for themselves. */
static bool
parse_quantifier(struct parser *p, size_t *min, size_t *max)
{
	static const char digits[] = "0123456789";
	const char *at = p->at;
	const char *open = *at == '*' ? "{,}" : *at == '+' ? "{1,}" : *at == '?' ? "{,1}" : at;
	const char *low = open + (*open == '{'), *comma = low + strspn(low, digits);
	const char *high = comma + (*comma == ','), *end = high + strspn(high, digits);
	if (*open != '{' || *end != '}' || end == low)
		return false;
	*min = strtoul(low, NULL, 10);
	*max = high == comma ? *min : high == end ? SIZE_MAX : strtoul(high, NULL, 10);
	p->at = open == at ? end + 1 : at + 1;
	require(p, *min <= *max, at, "the first number of a repeat is larger than the second");
	return true;
}

/* Writes a repeat of the steps from `from` on out: x{2,4} is xx(?:x(?:x)?)?, x{2,} is xx(?:x)*. */
static void
repeat(struct parser *p, size_t from, size_t min, size_t max)
{
	struct regex *re = p->re;
	bool endless = max == SIZE_MAX, lazy = *p->at == '?';
	size_t len = re->size - from, count = endless ? min + 1 : max;
	uint8_t loop = (uint8_t)(p->depth + 1);
	require(p, min <= STEPS_MAX && count <= STEPS_MAX && from + count * (len + 1) < STEPS_MAX,
	    p->at - 1, "too long with all repeats written out");
	if (p->failed)
		return;
	p->at += lazy;
	bool run = endless && !lazy && len == 1 && re->step[from].op == OP_SET;
	size_t body = from + (min == 0 && !run);
	for (size_t i = 0; i < count; i++) {
		struct regex_step split = {.op = OP_SPLIT, .lazy = lazy, .loop = loop};
		split.jump = (int16_t)((count - i) * (len + 1) + endless);
		split.again = i > min ? loop : 0;
		if (i >= min && !run)
			insert(re, i > 0 ? re->size : from, split);
		/* How far a name gets is seen once. */
		for (size_t k = 0; i > 0 && k < len; k++)
			insert(re, re->size, re->step[body + k])->column = 0;
	}
	struct regex_step back = {.op = OP_JUMP, .again = loop, .jump = (int16_t)(-len - 1)};
	if (run)
		re->step[re->size - 1].op = OP_RUN;
	else if (endless)
		insert(re, re->size, back);
	re->size = count > 0 ? re->size : from;
	re->loops = re->loops > loop ? re->loops : loop;
}

static void
parse_alternatives(struct parser *p)
{
	const char *start = p->at;
	struct regex *re = p->re;
	size_t from = re->size, min, max;
	struct regex_step split = {
	    .op = OP_SPLIT, .loop = UINT8_MAX, .column = (uint16_t)(start - p->text)};
	/* A '$' at the end changes nothing. */
	while (!strchr("|)", *p->at) && strcmp(p->at, "$") != 0) {
		const char *at = p->at;
		size_t piece = re->size;
		require(p, !parse_quantifier(p, &min, &max), at,
		    "a repeat must follow a character, a set or a group (the shell's '*' is "
		    "'[^/]*')");
		require(p, *at != '^' && *at != '$', at,
		    "'^' and '$' can stand at the ends only, and are not needed");
		if (*p->at == '(')
			parse_group(p);
		else
			parse_set(p);
		if (!parse_quantifier(p, &min, &max))
			continue;
		require(p, p->slash <= at, p->slash - 1,
		    "a '/' cannot be repeated: write a line for each depth (the shell's '/*' is "
		    "'/[^/]*')");
		repeat(p, piece, min, max);
	}
	if (*p->at != '|')
		return;
	p->at++;
	split.jump = (int16_t)(re->size - from + 2);
	insert(re, from, split);
	insert(re, re->size, (struct regex_step){.op = OP_JUMP});
	size_t second = re->size;
	parse_alternatives(p);
	re->step[second - 1].jump = (int16_t)(re->size - second + 1);
	/* How far a name gets within an alternative says little. */
	for (size_t i = from + 1; i < re->size; i++)
		re->step[i].column = 0;
	require(p, p->slash <= start, p->slash - 1,
	    "alternatives cannot contain '/': write (train|val)/images instead of (train/images|"
	    "val/images), or a line for each");
}

int
regex_compile(struct regex *re, const char *text, struct error *why)
{
	struct parser p = {.re = re, .text = text, .at = text, .slash = text, .why = why};
	size_t len = strlen(text);
	*re = (struct regex){0};
	if (len == 0)
		return error_set(why, "is empty");
	if (len > REGEX_TEXT_MAX)
		return error_set(why, "longer than %d bytes", REGEX_TEXT_MAX);
	p.at += *text == '^';
	parse_alternatives(&p);
	require(&p, *p.at != ')', p.at, "a ')' has no '('");
	insert(re, re->size, (struct regex_step){.op = OP_MATCH, .column = (uint16_t)len});
	/* Several ways lead to where a jump does, and to a run that is not the first choice. */
	bool choice = false;
	for (size_t i = 0; i < re->size; i++) {
		struct regex_step *to = &re->step[i] + re->step[i].jump;
		to->joint |= to != &re->step[i] || (to->op == OP_RUN && choice);
		choice |= re->step[i].op >= OP_RUN;
	}
	return p.failed ? -1 : 0;
}

void
regex_free(struct regex *re)
{
	free(re->step);
}

/* ---- the program, on a name ---- */

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
	uint8_t *seen; /* a bit for each step, level and position */
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
search_enter(struct search *r, size_t step, size_t at, unsigned level)
{
	size_t levels = r->re->loops + 1, width = r->len / 8 + 1;
	if (!r->seen)
		r->seen = xcalloc(r->re->size * levels, width);
	uint8_t *seen = &r->seen[(step * levels + level - 1) * width + at / 8], old = *seen;
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
	const unsigned none = r->re->loops + 1;
	for (size_t n, next;; i = next) {
		const struct regex_step *step = &r->re->step[i];
		size_t jump = i + (size_t)step->jump;
		/* Only ways that were put off can lead to the same state. */
		if (step->joint && r->count > 0 && !search_enter(r, i, at, level))
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
				if (step->joint && !search_enter(r, i, at, level))
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
	bool found = len <= REGEX_NAME_MAX && search_follow(&r, 0, 0, re->loops + 1);
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
