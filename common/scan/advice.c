#include "scan/advice.h"

#include "scan/line.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ADVICE_DEPTH_MAX = 64 };

/* What is written with a backslash or "(?" elsewhere. glibc and musl take some of these too, so that
 * rules with them work: these are warned of. */
static const struct advice_row {
	const char *python;
	const char *mend;
	bool works;
} advice_table[] = {
    {"\\d", "write [0-9]", false},
    {"\\D", "write [^0-9]", false},
    {"\\w", "write [A-Za-z0-9_]", true},
    {"\\W", "write [^A-Za-z0-9_]", true},
    {"\\s", "write [[:space:]], or a space", true},
    {"\\S", "write [^[:space:]], or [^_] where a part ends at '_'", true},
    {"\\b", "leave it out: a pattern matches the whole name", true},
    {"\\B", "leave it out: a pattern matches the whole name", true},
    {"\\A", "leave it out: a pattern matches the whole name", false},
    {"\\Z", "leave it out: a pattern matches the whole name", false},
    {"\\z", "leave it out: a pattern matches the whole name", false},
    {"(?:", "write (, and count it: each '(' is one more group for KEY and TENSORS", false},
    {"(?P<", "write (: groups are numbered, \\1 to \\9", false},
    {"(?P=", "a pattern cannot refer to a group of its own", false},
    {"(?<=", "look-behind is not there: write what stands before, outside of the group", false},
    {"(?<!", "look-behind is not there: say what may stand there, as in [^_]+", false},
    {"(?=", "look-ahead is not there: write what follows, outside of the group", false},
    {"(?!", "look-ahead is not there: say what may stand there, as in [^_]+", false},
    {"(?<", "write (: groups are numbered, \\1 to \\9", false},
    {"(?>", "write (", false},
    {"(?i", "write both, as in [Tt]rain", false},
    {"(?", "write (", false},
};

static const struct advice_row *
advice_find(const char *p, size_t len)
{
	for (size_t i = 0; i < sizeof advice_table / sizeof *advice_table; i++) {
		size_t n = strlen(advice_table[i].python);
		if (n <= len && strncmp(p, advice_table[i].python, n) == 0)
			return &advice_table[i];
	}
	return NULL;
}

static bool
advice_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* p stands at a '['. Returns what follows its ']', or end. An escape in it is told. */
static const char *
advice_bracket(const char *p, const char *end, struct error *why)
{
	p++;
	p += p < end && *p == '^';
	for (const char *first = p; p < end && (*p != ']' || p == first); p++) {
		if (*p == '[' && p + 1 < end && strchr(":.=", p[1])) {
			char kind = p[1];
			for (p += 2; p + 1 < end && !(*p == kind && p[1] == ']'); p++)
				;
			p++;
		} else if (*p == '\\' && p + 1 < end && strchr("dDwWsS", p[1])) {
			error_set(why,
			    "PATTERN: '\\%c' in brackets stands for a backslash and a letter in a "
			    "POSIX expression: %s",
			    p[1],
			    p[1] == 'd'   ? "write [0-9]"
			    : p[1] == 'w' ? "write [A-Za-z0-9_]"
			    : p[1] == 's' ? "write [[:space:]]"
			                  : "write what may stand there, as in [^_]");
			return NULL;
		}
	}
	return p < end ? p + 1 : end;
}

/* Behind a repeat: lazy and possessive ones are no POSIX. */
static int
advice_repeat(const char *p, const char *end, struct error *why)
{
	if (p + 1 >= end || (p[1] != '?' && p[1] != '+'))
		return 0;
	const char *kind = p[1] == '?' ? "a lazy repeat" : "a possessive repeat";
	return error_set(why,
	    "PATTERN: '%c%c', %s, is not in POSIX expressions, which take as much as they can: "
	    "write [^_]* where a part ends at the first '_'",
	    *p, p[1], kind);
}

/* Whether a '|' and a '/' are in one group, for each group that is open; [0] is the whole. */
struct advice_groups {
	bool bar[ADVICE_DEPTH_MAX + 1], slash[ADVICE_DEPTH_MAX + 1];
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
		if (g->depth < ADVICE_DEPTH_MAX)
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

/* Two characters that begin with a backslash. */
static int
advice_escape(const char *p, const char *end, struct error *why)
{
	const struct advice_row *row = advice_find(p, (size_t)(end - p));
	if (row && !row->works)
		return error_set(
		    why, "PATTERN: '%s' is not in POSIX expressions: %s", row->python, row->mend);
	if (!row && advice_is_letter(p[1]))
		return error_set(why,
		    "PATTERN: '\\%c': a backslash before a letter means nothing in POSIX "
		    "expressions: write the letter, or [...]",
		    p[1]);
	return 0;
}

int
advice_error(const char *pattern, size_t len, struct error *why)
{
	const char *end = pattern + len;
	struct advice_groups groups = {.depth = 0};
	if (len > 1 && (*pattern == '/' || (end[-1] == '/' && end[-2] != '\\')))
		return error_set(why,
		    "PATTERN: %s in '/': it is matched against the last parts of a path, of which "
		    "the file's name is one: leave out that slash",
		    *pattern == '/' ? "begins" : "ends");
	for (const char *p = pattern; p < end;) {
		if (*p == '[') {
			p = advice_bracket(p, end, why);
			if (!p)
				return -1;
			continue;
		}
		if (*p == '\\' && p + 1 < end) {
			if (advice_escape(p, end, why) != 0)
				return -1;
			if (advice_plain(&groups, p[1] == '/' ? '/' : '\0', why) != 0)
				return -1;
			p += 2;
			continue;
		}
		const struct advice_row *row = advice_find(p, (size_t)(end - p));
		if (row)
			return error_set(why, "PATTERN: '%s' is not in POSIX expressions: %s",
			    row->python, row->mend);
		if (strchr("*+?}", *p) && advice_repeat(p, end, why) != 0)
			return -1;
		if (advice_plain(&groups, *p, why) != 0)
			return -1;
		p++;
	}
	groups.depth = 0;
	return advice_alternation(&groups, why);
}

/* ---- warnings ---- */

/* What works in some C libraries only, and anchors. */
static void
advice_warn_tokens(const char *pattern, advice_warn *warn, void *context)
{
	char text[200];
	const char *end = pattern + strlen(pattern);
	for (const char *p = pattern; p < end;) {
		if (*p == '[') {
			p = advice_bracket(p, end, NULL);
			if (!p)
				return; /* an error, and told as one */
			continue;
		}
		const struct advice_row *row = *p == '\\' ? advice_find(p, (size_t)(end - p))
		                                          : NULL;
		if (row)
			snprintf(text, sizeof text, "PATTERN: '%s' is not in POSIX expressions: %s",
			    row->python, row->mend);
		else if (*p == '^' || *p == '$')
			snprintf(text, sizeof text,
			    "PATTERN: '%c' is not needed: a pattern always matches the whole name",
			    *p);
		if (row || *p == '^' || *p == '$')
			warn(context, text);
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	}
}

static void
advice_warn_ending(const char *pattern, advice_warn *warn, void *context)
{
	static const char *const endings[] = {
	    ".tif", ".tiff", "[.]tif", "[.]tiff", "tif|tiff", "tiff|tif", ".tif{1,2}", ".tif[f]"};
	size_t len = strlen(pattern);
	while (len > 0 && strchr("$)?", pattern[len - 1]))
		len--;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);
		if (n > len || strncasecmp(pattern + len - n, endings[i], n) != 0)
			continue;
		warn(context, "PATTERN: .tif and .tiff are cut off before a name is matched: leave "
		              "out the ending (or files must be called x.tif.tif)");
		return;
	}
}

static bool
advice_set_has(const struct pattern_step *s, unsigned char c)
{
	return s->set[c / 32] >> (c % 32) & 1;
}

static bool
advice_sets_meet(const struct pattern_step *a, const struct pattern_step *b)
{
	for (unsigned c = 1; c < 256; c++) {
		if (c != '/' && advice_set_has(a, (unsigned char)c) &&
		    advice_set_has(b, (unsigned char)c))
			return true;
	}
	return false;
}

static bool
advice_in_capture(const struct pattern *p, size_t step, unsigned n)
{
	return p->open[n] <= step && step < p->close[n];
}

/* Whether capture n is of use in a template, or names the band. */
static bool
advice_is_used(const struct rule_line *l, unsigned n)
{
	const char *templates[] = {l->key, l->labelled ? l->label : ""};
	for (size_t i = 0; i < 2; i++) {
		for (const char *t = templates[i]; *t; t++) {
			if (*t != '\\')
				continue;
			t++;
			if (*t == (char)('0' + n))
				return true;
		}
	}
	return l->capture == n;
}

/* Where a repeat of anything ends, within a capture: at the first step behind it that may take the
 * separator too, one text can be cut in two ways, as "a_b_c" by (.*)_(.*). Returns that step, or 0.
 * A separator of several characters is taken for one that comes once. */
static size_t
advice_ambiguous(const struct pattern *p, size_t i, unsigned capture)
{
	const struct pattern_step *wide = &p->steps[i];
	if (wide->max != UINT32_MAX || !advice_set_has(wide, '_') || !advice_set_has(wide, 'a') ||
	    !advice_set_has(wide, '0'))
		return 0;
	const struct pattern_step *separator = NULL;
	for (size_t j = i + 1; j < p->step_count; j++) {
		const struct pattern_step *s = &p->steps[j];
		if (advice_in_capture(p, j, capture) || !advice_sets_meet(wide, s)) {
			if (s->min > 0)
				return 0;
			continue;
		}
		if (s->min != s->max)
			return advice_sets_meet(separator ? separator : wide, s) ? j : 0;
		if (separator)
			return 0;
		separator = s;
	}
	return 0;
}

static void
advice_warn_greedy(const struct rule_line *l, advice_warn *warn, void *context)
{
	const struct pattern *p = &l->pattern;
	for (unsigned n = 1; n <= p->captures && n <= PATTERN_CAPTURES; n++) {
		if (!advice_is_used(l, n))
			continue;
		for (size_t i = p->open[n]; i < p->close[n]; i++) {
			if (advice_ambiguous(p, i, n) == 0)
				continue;
			char text[240];
			snprintf(text, sizeof text,
			    "PATTERN: group %u takes as much as it can, as (.*)_(.*) cuts a_b_c "
			    "into a_b and c: write [^_]* where a part ends at the first '_' "
			    "(rsenc-scan -n FILE shows what is cut)",
			    n);
			warn(context, text);
			return;
		}
	}
}

void
advice_warnings(const struct rule_line *l, advice_warn *warn, void *context)
{
	advice_warn_tokens(l->pattern_text, warn, context);
	advice_warn_ending(l->pattern_text, warn, context);
	advice_warn_greedy(l, warn, context);
}
