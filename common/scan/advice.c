#include "scan/advice.h"

#include "scan/foreign.h"
#include "scan/pattern.h"

#include <stdbool.h>
#include <string.h>

enum {
	ADVICE_QUOTE = 40 /* bytes of what is quoted */
};

static bool
advice_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- brackets ---- */

/* What to write in brackets instead of a backslash and this letter. */
static const char *
advice_in_brackets(char letter)
{
	switch (letter) {
	case 'd':
		return "write 0-9 in its place";
	case 'w':
		return "write A-Za-z0-9_ in its place";
	case 's':
		return "write [:space:] in its place";
	case 't':
	case 'h':
		return "write [:blank:] in its place";
	case ']':
		return "write the ']' first, as in []_] or [^]_]";
	case '-':
		return "write the '-' last, as in [a-z-]";
	default:
		return "write what may stand there, as in [^_]";
	}
}

/* p stands at a backslash in brackets. Whether it is meant to take its meaning from what follows: in a
 * POSIX expression it is one of the characters. That does no harm before a '.' or a '/', and is not
 * told: [\.] may match a backslash too, which no name holds. */
static bool
advice_is_escape(const char *p, const char *end)
{
	if (p + 1 >= end)
		return false;
	if (advice_is_letter(p[1]))
		return true;
	/* A range that begins at the backslash: [\-_]. */
	if (p[1] == '-')
		return p + 2 < end && p[2] != ']';
	/* [\]_]: only a second ']' before the next '[' tells that the first was to be quoted. */
	if (p[1] != ']')
		return false;
	const char *open = memchr(p + 2, '[', (size_t)(end - p - 2));
	return memchr(p + 2, ']', (size_t)((open ? open : end) - p - 2)) != NULL;
}

const char *
advice_bracket(const char *p, const char *end, struct error *why)
{
	const char *begin = p++;
	p += p < end && *p == '^';
	for (const char *first = p; p < end && (*p != ']' || p == first); p++) {
		if (*p == '[' && p + 1 < end && strchr(":.=", p[1])) {
			char kind = p[1];
			for (p += 2; p + 1 < end && !(*p == kind && p[1] == ']'); p++)
				;
			p++;
		} else if (*p == '\\' && advice_is_escape(p, end)) {
			error_set(why,
			    "PATTERN: '\\%c' in brackets: there a backslash stands for itself in a "
			    "POSIX expression: %s",
			    p[1], advice_in_brackets(p[1]));
			return NULL;
		}
	}
	if (p < end && begin[1] == ':' && p - begin > 2 && p[-1] == ':') {
		int len = (int)(p + 1 - begin);
		error_set(why,
		    "PATTERN: '%.*s' names characters only within brackets: write [%.*s]", len,
		    begin, len, begin);
		return NULL;
	}
	return p < end ? p + 1 : end;
}

/* ---- repeats ---- */

/* p stands at a repeat, `before` at what is repeated: a character, a bracket, a ')'; NULL: nothing.
 * Lazy and possessive repeats are no POSIX. Where the repeat cannot run over what follows it both are
 * the same as a plain one. */
static int
advice_repeat(const char *p, const char *end, const char *before, struct error *why)
{
	if (p + 1 >= end || (p[1] != '?' && p[1] != '+'))
		return 0;
	const char *kind = p[1] == '?' ? "a lazy repeat" : "a possessive repeat";
	if (before && *before == '.' && *p != '}')
		return error_set(why,
		    "PATTERN: '%c%c', %s, is not in POSIX expressions, which take as much as they "
		    "can: write [^_]%c where a part ends at the first '_'",
		    *p, p[1], kind, *p);
	return error_set(why,
	    "PATTERN: '%c%c', %s, is not in POSIX expressions, which take as much as they can: "
	    "leave "
	    "out the '%c'; what is repeated must not hold what ends it, as in [^_]*",
	    *p, p[1], kind, p[1]);
}

/* What a shell means by a star, and a slash of which nobody knows how often it comes: a pattern is
 * matched against as many parts of a path as it has slashes. Arguments as above. */
static int
advice_star(const char *p, const char *end, const char *before, struct error *why)
{
	if (*p == '*' && p + 1 < end && p[1] == '*')
		return error_set(why, "PATTERN: '**': folders need no mention, for a pattern is "
		                      "matched against the end of a path: leave it out");
	if (!before || *before == '(' || *before == '|')
		return error_set(why,
		    "PATTERN: '%c' with nothing before it to be repeated: what is '*' to a shell "
		    "is "
		    "([^/]*) here",
		    *p);
	if (*p == '*' && *before == '/')
		return error_set(why, "PATTERN: '/*' is any number of slashes: what is '/*' to a "
		                      "shell is /([^/]*) here");
	return 0;
}

/* ---- groups ---- */

/* Whether a '|' and a '/' are in one group, for each group that is open; [0] is the whole. */
struct advice_groups {
	bool bar[PATTERN_DEPTH_MAX + 1], slash[PATTERN_DEPTH_MAX + 1];
	size_t depth;
};

static int
advice_alternation(const struct advice_groups *g, struct error *why)
{
	if (!g->bar[g->depth] || !g->slash[g->depth])
		return 0;
	return error_set(why,
	    "PATTERN: an alternation with '/' in it: how many folders deep a file lies must be "
	    "certain: write (train|val)/images, not (train/images|val/images), or one rule for "
	    "each, NAME-a and NAME-b");
}

static int
advice_plain(struct advice_groups *g, char c, struct error *why)
{
	switch (c) {
	case '(':
		if (g->depth < PATTERN_DEPTH_MAX)
			g->depth++;
		g->bar[g->depth] = g->slash[g->depth] = false;
		return 0;
	case ')':
		if (g->depth == 0)
			return 0;
		if (advice_alternation(g, why) != 0)
			return -1;
		g->depth--;
		g->slash[g->depth] |= g->slash[g->depth + 1];
		return 0;
	case '|':
		g->bar[g->depth] = true;
		return 0;
	case '/':
		g->slash[g->depth] = true;
		return 0;
	default:
		return 0;
	}
}

/* ---- the whole ---- */

/* A backslash or a "(?" that means nothing to POSIX. */
static int
advice_foreign(const char *p, const char *end, struct error *why)
{
	size_t size;
	const struct foreign *f = foreign_find(p, (size_t)(end - p), &size);
	if (f && !f->works)
		return error_set(why, "PATTERN: '%.*s' is not in POSIX expressions: %s",
		    size < ADVICE_QUOTE ? (int)size : ADVICE_QUOTE, p, f->mend);
	if (!f && *p == '\\' && advice_is_letter(p[1]))
		return error_set(why,
		    "PATTERN: '\\%c': a backslash before a letter means nothing in POSIX "
		    "expressions: write the letter, or in [ ] what may stand there",
		    p[1]);
	return 0;
}

/* A name in braces, as in Python's format strings and in URLs. */
static int
advice_brace(const char *p, const char *end, struct error *why)
{
	const char *close = memchr(p, '}', (size_t)(end - p));
	if (!close || (p[1] >= '0' && p[1] <= '9') || p[1] == ',')
		return 0;
	size_t size = (size_t)(close - p) + 1;
	return error_set(why,
	    "PATTERN: '%.*s' is no repeat: what differs from file to file is written as a group, "
	    "([^/_]+), and a brace itself as [{]",
	    size < ADVICE_QUOTE ? (int)size : ADVICE_QUOTE, p);
}

int
advice_error(const char *pattern, size_t len, struct error *why)
{
	const char *end = pattern + len, *before = NULL;
	struct advice_groups groups = {.depth = 0};
	if (len > 1 && (*pattern == '/' || (end[-1] == '/' && end[-2] != '\\')))
		return error_set(why,
		    "PATTERN: %s in '/': it is matched against the last parts of a path, of which "
		    "the file's name is one: leave out that slash",
		    *pattern == '/' ? "begins" : "ends");
	for (const char *p = pattern; p < end;) {
		const char *begin = p;
		if (*p == '[') {
			p = advice_bracket(p, end, why);
			if (!p)
				return -1;
			before = begin;
			continue;
		}
		bool escape = *p == '\\' && p + 1 < end;
		if ((escape || *p == '(') && advice_foreign(p, end, why) != 0)
			return -1;
		if (strchr("*+?", *p) && advice_star(p, end, before, why) != 0)
			return -1;
		if (*p == '{' && advice_brace(p, end, why) != 0)
			return -1;
		if (strchr("*+?}", *p) && advice_repeat(p, end, before, why) != 0)
			return -1;
		if (advice_plain(&groups, !escape ? *p : p[1] == '/' ? '/' : '\0', why) != 0)
			return -1;
		p += escape ? 2 : 1;
		before = begin;
	}
	groups.depth = 0;
	return advice_alternation(&groups, why);
}
