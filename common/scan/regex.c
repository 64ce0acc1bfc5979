#include "scan/regex.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

enum {
	STEPS_MAX = 3000, /* of a program, with all repeats written out */
	DEPTH_MAX = 20,   /* groups inside one another */
	CLASS = 256       /* not one character */
};

struct parser {
	struct regex *re;
	const char *text, *at;                 /* NUL-terminated */
	const char *slash;                     /* behind the last '/' that was read */
	const char *named[REGEX_TEXT_MAX / 6]; /* groups with names, up to NULL */
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
		    "back-references and octal escapes are not supported: write out the text");
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
	const char *open = p->at, **other = p->named;
	struct regex_step save = {.op = OP_SAVE};
	int len = 1;
	sscanf(open, "(?P<%*[A-Za-z_]%n%*[0-9A-Za-z_]%n", &len, &len);
	bool named = open[len] == '>', plain = strncmp(open, "(?:", 3) == 0;
	p->at += named ? len + 1 : plain ? 3 : 1;
	require(p, open[1] != '?' || named || plain, open,
	    "groups must be (...), (?:...) or (?P<name>...): instead of look-around, write the "
	    "text before or after; instead of a flag, both cases, such as [Tt]rain");
	for (; named && *other; other++)
		require(p, strncmp(*other, open, (size_t)len + 1) != 0, open,
		    "duplicate group name: rename one of the groups");
	*other = named ? open : *other;
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
	/* Ways join where a jump leads, and in a run that is not the first choice. */
	bool choice = false;
	for (size_t i = 0; i < re->size; i++) {
		struct regex_step *to = &re->step[i] + re->step[i].jump;
		if (to->joint == 0 && (to != &re->step[i] || (re->step[i].op == OP_RUN && choice)))
			to->joint = ++re->joints;
		choice |= re->step[i].op >= OP_RUN;
	}
	return p.failed ? -1 : 0;
}

void
regex_free(struct regex *re)
{
	free(re->step);
}
