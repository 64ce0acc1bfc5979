#include "scan/regex.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

enum {
	PROGRAM_MAX = 3000, /* steps, when all repeats are written out */
	DEPTH_MAX = 20,     /* groups inside one another */
	NO_LOOP = UINT8_MAX
};

struct parser {
	struct regex *re;
	const char *text, *at; /* NUL-terminated */
	const char *slash;     /* the last one that was read */
	unsigned depth;
	struct error *why; /* NULL after the first error */
};

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

static void parse_alternatives(struct parser *p);

/* Appends a step. There is room for two for each character of the text, besides repeats. */
static struct regex_step *
emit(struct parser *p, enum regex_op op, unsigned value, size_t jump)
{
	struct regex_step *step = &p->re->step[p->re->size++];
	*step = (struct regex_step){
	    .op = (uint8_t)op, .value = (uint8_t)value, .depth = NO_LOOP, .jump = (int16_t)jump};
	return step;
}

static void
set_add(struct regex_step *step, unsigned c)
{
	step->set[c / 32] |= UINT32_C(1) << (c % 32);
}

/* Adds \d or, within [ ], [:alpha:] to a set. False: another thing stands here. */
static bool
parse_class(struct parser *p, struct regex_step *set, bool within)
{
	char name[8], letter[2] = "";
	int len = 0;
	if (sscanf(p->at, "\\%1[dswDSW]%n", letter, &len) == 1)
		strcpy(name, (char *[]){"digit", "space", "alnum"}[strcspn("dDsSwW", letter) / 2]);
	else if (!within || sscanf(p->at, "[:%7[a-z]:]%n", name, &len) < 1 || len == 0)
		return false;
	bool others = isupper((unsigned char)*letter), word = strpbrk(letter, "wW");
	for (int c = 0; c < 256; c++) {
		bool has = c < 128 && iswctype((wint_t)c, wctype(name));
		if ((has || (word && c == '_')) != others)
			set_add(set, (unsigned)c);
	}
	if (wctype(name))
		p->at += len;
	else
		refuse(p, p->at, "unknown class: use [:alpha:], [:digit:], [:alnum:], ...");
	return true;
}

/* Reads one character, which a backslash may precede. */
static unsigned
parse_char(struct parser *p)
{
	static const char letters[] = "tnrfv", chars[] = "\t\n\r\f\v";
	const char *at = p->at++, *letter;
	if (*at != '\\')
		return (unsigned char)*at;
	unsigned char c = (unsigned char)*p->at;
	if (c == '\0')
		refuse(p, at, "ends in a backslash");
	else if ((letter = strchr(letters, c)) != NULL)
		c = (unsigned char)chars[letter - letters];
	else if (isdigit(c))
		refuse(p, at,
		    "back-references and octal escapes are not supported: write out the text");
	else if (isalpha(c))
		refuse(p, at,
		    strchr("AZbB", c) ? "not supported: a pattern matches the whole name"
		                      : "unknown escape: write the character itself");
	p->at += *p->at != '\0';
	return c;
}

static void
parse_set(struct parser *p, struct regex_step *set)
{
	const char *open = p->at++;
	set->value = *p->at == '^';
	const char *first = p->at += set->value;
	while (*p->at && (*p->at != ']' || p->at == first)) {
		const char *at = p->at;
		bool class = parse_class(p, set, true);
		unsigned low = class ? 1 : parse_char(p), high = class ? 0 : low;
		if (*p->at == '-' && p->at[1] != ']' && p->at[1] != '\0') {
			p->at++;
			high = parse_class(p, set, true) ? 0 : parse_char(p);
			if (class || high < low)
				refuse(p, at, "invalid range in [ ]: a '-' itself stands last");
		}
		if (high >= 128)
			refuse(p, at, "[ ] lists ASCII characters only: write (\xc3\xa4|\xc3\xb6)");
		else if (low == '/' && !set->value)
			refuse(p, at, "[ ] matches within one name, never a '/'");
		for (unsigned c = low; c <= high; c++)
			set_add(set, c);
	}
	if (*p->at == '\0')
		refuse(p, open, "a '[' has no ']'");
	else if (open[1] == ':' && p->at - open > 2 && p->at[-1] == ':')
		refuse(p, open, "a class stands within [ ], as in [[:digit:]]");
	else
		p->at++;
}

/* Reads a set, a class or a character, which is a step for each of its bytes. */
static void
parse_one(struct parser *p)
{
	const char *at = p->at;
	struct regex_step *set = emit(p, OP_SET, *at == '.', 0);
	set->column = (uint16_t)(at - p->text);
	if (*at == '[') {
		parse_set(p, set);
	} else if (*at == '.') {
		set_add(set, '\n');
		p->at++;
	} else if (!parse_class(p, set, false)) {
		unsigned c = parse_char(p);
		set_add(set, c);
		p->slash = c == '/' ? at : p->slash;
		p->re->slashes += c == '/';
		const unsigned char *bytes = (const unsigned char *)p->at - 1;
		for (size_t n = utf8_sequence(bytes, 4); p->why && n > 1; n--)
			set_add(emit(p, OP_SET, 0, 0), (unsigned char)*p->at++);
	}
}

static void
parse_group(struct parser *p)
{
	const char *open = p->at;
	int name = 0;
	sscanf(open, "(?P<%*[A-Za-z_]%n%*[0-9A-Za-z_]%n", &name, &name);
	bool named = name > 0 && open[name] == '>', capture = named || open[1] != '?';
	bool plain = strncmp(open, "(?:", 3) == 0;
	p->at += named ? name + 1 : plain ? 3 : 1;
	if (!capture && !plain)
		refuse(p, open,
		    "groups must be (...), (?:...) or (?P<name>...): instead of look-around, write "
		    "the text before or after; instead of a flag, both cases, such as [Tt]rain");
	for (const char *earlier = p->text; named && earlier < open; earlier++) {
		if (strncmp(earlier, open, (size_t)name + 1) == 0)
			refuse(p, open, "an earlier group has this name");
	}
	if (++p->depth > DEPTH_MAX)
		refuse(p, open, "groups are nested more than 20 deep");
	p->re->captures += capture;
	/* Slot 0 is that of all groups that cannot be used. */
	unsigned slot = capture && p->re->captures <= REGEX_CAPTURES ? 2 * p->re->captures : 0;
	emit(p, OP_SAVE, slot, 0);
	parse_alternatives(p);
	emit(p, OP_SAVE, slot + 1, 0);
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
	const char *at = p->at;
	int braces = 0;
	sscanf(at, "{%*[0-9,]}%n", &braces);
	const char *comma = memchr(at, ',', (size_t)braces);
	*min = *at == '+';
	*max = *at == '?' ? 1 : SIZE_MAX;
	if (braces > 0 && (!comma || !memchr(comma + 1, ',', (size_t)(at + braces - comma - 1)))) {
		*min = strtoul(at + 1, NULL, 10);
		*max = !comma ? *min : comma[1] == '}' ? SIZE_MAX : strtoul(comma + 1, NULL, 10);
		p->at += braces;
		return true;
	}
	p->at += *at != '\0' && strchr("*+?", *at);
	return p->at > at;
}

/* Writes a repeat of the steps from `from` on out: x{2,4} is xx(?:x(?:x)?)?. */
static void
repeat(struct parser *p, size_t from, size_t min, size_t max, bool lazy)
{
	struct regex *re = p->re;
	size_t len = re->size - from;
	bool endless = max == SIZE_MAX, nothing = len > 1; /* a set alone matches something */
	size_t count = !endless ? max : min > 0 && !nothing ? min : min + 1;
	if (count > PROGRAM_MAX || from + count * (len + 1) >= PROGRAM_MAX) {
		refuse(p, p->at - 1, "too long with all repeats written out");
		return;
	}
	uint8_t depth = nothing ? (uint8_t)p->depth : NO_LOOP;
	struct regex_step *body = xmalloc(len * sizeof *body);
	memcpy(body, re->step + from, len * sizeof *body);
	re->size = from;
	for (size_t i = 0; i < count; i++) {
		if (i >= min) {
			size_t end = (count - i) * (len + 1) + endless;
			struct regex_step *split = emit(p, OP_SPLIT, lazy, end);
			split->depth = depth;
			split->again = nothing && i > min;
		}
		for (size_t k = 0; k < len; k++) {
			re->step[re->size++] = body[k];
			body[k].column = 0; /* how far a name comes is seen once */
		}
	}
	if (endless) {
		struct regex_step *split = emit(p, OP_SPLIT, !lazy, -len);
		split->depth = depth;
		split->again = nothing;
	}
	if (nothing && re->levels < depth + 2u)
		re->levels = depth + 2u;
	free(body);
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
	const char *begin = p->at;
	size_t from = re->size;
	unsigned slashes = re->slashes;
	while (*p->at && *p->at != '|' && *p->at != ')')
		parse_piece(p);
	if (*p->at != '|')
		return;
	p->at++;
	size_t end = re->size + 1;
	memmove(re->step + from + 1, re->step + from, (re->size - from) * sizeof *re->step);
	re->size = from;
	emit(p, OP_SPLIT, 0, end + 1 - from);
	re->size = end;
	emit(p, OP_JUMP, 0, 0);
	parse_alternatives(p);
	re->step[end].jump = (int16_t)(re->size - end);
	/* How far a name comes within an alternative says little. */
	for (size_t i = from; i < re->size; i++)
		re->step[i].column = i == from ? (uint16_t)(begin - p->text) : 0;
	if (re->slashes > slashes)
		refuse(p, p->slash,
		    "alternatives cannot contain '/': write (train|val)/images instead of "
		    "(train/images|val/images), or a line for each");
}

int
regex_compile(struct regex *re, const char *text, struct error *why)
{
	struct error unused = {0};
	struct parser p = {.re = re, .text = text, .at = text, .why = why ? why : &unused};
	size_t len = strlen(text);
	*re = (struct regex){.levels = 1};
	if (len == 0)
		return error_set(why, "is empty");
	if (len > REGEX_TEXT_MAX)
		return error_set(why, "longer than %d bytes", REGEX_TEXT_MAX);
	re->step = xreallocarray(NULL, PROGRAM_MAX + 2 * len + 1, sizeof *re->step);
	parse_alternatives(&p);
	if (*p.at)
		refuse(&p, p.at, "a ')' has no '('");
	emit(&p, OP_MATCH, 0, 0)->column = (uint16_t)len;
	for (size_t i = 0; i < re->size; i++)
		re->step[i + (size_t)re->step[i].jump].joint |= re->step[i].jump != 0;
	re->step = xreallocarray(re->step, re->size, sizeof *re->step);
	return p.why ? 0 : -1;
}
