#include "scan/regex_parse.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct regex *re;
	const char *text, *at; /* NUL-terminated */
	const char *slash;     /* the last one that was read */
	unsigned depth;
	struct error *why; /* NULL after the first error */
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

static struct charset *
emit_set(struct parser *p, const char *at)
{
	struct regex_step *step = program_emit(&p->re->program, OP_SET, 0, 0);
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
		charset_add(
		    &program_emit(&p->re->program, OP_SET, 0, 0)->set, (unsigned char)*p->at++);
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
		program_emit(&p->re->program, OP_SAVE, 2 * n, 0);
	parse_alternatives(p, open, &inner);
	if (n <= REGEX_CAPTURES)
		program_emit(&p->re->program, OP_SAVE, 2 * n + 1, 0);
	if (*p->at == '\0')
		refuse(p, open, "a '(' has no ')'");
	else
		p->at++;
	p->depth--;
	piece->nullable = inner.nullable;
}

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
	else if (!program_repeat(&p->re->program, piece, min, max, lazy, p->depth))
		refuse(p, p->at - 1, "too long with all repeats written out");
	piece->nullable |= min == 0;
	at = p->at;
	if (parse_quantifier(p, &min, &max))
		refuse(p, at, "a repeat cannot follow a repeat");
}

static void
parse_piece(struct parser *p, struct piece *piece)
{
	const char *at = p->at;
	int min, max;
	*piece = (struct piece){.from = p->re->program.size, .slashes = p->re->slashes};
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
	size_t chain = 0;
	bool more;
	*whole = (struct piece){.from = re->program.size, .slashes = re->slashes};
	do {
		bool nullable = true;
		size_t start = re->program.size;
		while (*p->at && *p->at != '|' && *p->at != ')') {
			struct piece piece;
			parse_piece(p, &piece);
			nullable &= piece.nullable;
		}
		whole->nullable |= nullable;
		more = *p->at == '|';
		p->at += more;
		if (more)
			program_end_alternative(&re->program, start, &chain);
	} while (more);
	if (chain == 0)
		return;
	program_end_alternatives(&re->program, whole->from, chain, (size_t)(begin - p->text));
	if (re->slashes > whole->slashes)
		refuse(p, p->slash,
		    "alternatives cannot contain '/': write (train|val)/images instead of "
		    "(train/images|val/images), or a line for each");
}

int
regex_parse(struct regex *re, const char *text, struct error *why)
{
	struct error unused = {.text = ""};
	struct parser p = {.re = re, .text = text, .at = text, .why = why ? why : &unused};
	struct piece whole;
	size_t len = strlen(text);
	*re = (struct regex){.program.levels = 1};
	if (len == 0)
		return error_set(why, "is empty");
	if (len > REGEX_TEXT_MAX)
		return error_set(why, "longer than %d bytes", REGEX_TEXT_MAX);
	re->program.step = xcalloc(PROGRAM_MAX + 2 * len + 1, sizeof *re->program.step);
	parse_alternatives(&p, text, &whole);
	if (*p.at)
		refuse(&p, p.at, "a ')' has no '('");
	program_emit(&re->program, OP_MATCH, 0, 0)->column = (uint16_t)len;
	re->program.step = xreallocarray(
	    re->program.step, re->program.size, sizeof *re->program.step);
	return p.why ? 0 : -1;
}
