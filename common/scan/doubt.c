#include "scan/doubt.h"

#include "scan/advice.h"
#include "scan/foreign.h"
#include "scan/line.h"
#include "scan/token.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Whoever is told, and of which line. */
struct doubts {
	const struct rule_line *line;
	doubt_tell *tell;
	void *context;
};

static void
doubt_say(const struct doubts *d, struct error *doubt)
{
	d->tell(d->context, doubt);
}

/* ---- what comes from elsewhere ---- */

/* What works in some C libraries only, anchors, and backslashes that were doubled for a shell or for
 * Python. */
static void
doubt_tokens(const struct doubts *d, const char *pattern)
{
	struct error doubt;
	size_t size;
	const char *end = pattern + strlen(pattern);
	for (const char *p = pattern; p < end;) {
		if (*p == '[') {
			p = advice_bracket(p, end, NULL);
			if (!p)
				return; /* an error, and told as one */
			continue;
		}
		const struct foreign *f = *p == '\\' ? foreign_find(p, (size_t)(end - p), &size)
		                                     : NULL;
		bool doubled = *p == '\\' && p[1] == '\\';
		if (f)
			error_set(&doubt, "PATTERN: '%s' is not in POSIX expressions: %s", f->text,
			    f->mend);
		else if (*p == '^' || *p == '$')
			error_set(&doubt,
			    "PATTERN: '%c' is not needed: a pattern always matches the whole name",
			    *p);
		else if (doubled)
			error_set(&doubt,
			    "PATTERN: '\\\\' is a backslash in the name of a file: "
			    "folders end at '/', and one backslash is enough in '\\.'");
		if (f || *p == '^' || *p == '$' || doubled)
			doubt_say(d, &doubt);
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	}
}

static void
doubt_ending(const struct doubts *d, const char *pattern)
{
	static const char *const endings[] = {
	    ".tif", ".tiff", "[.]tif", "[.]tiff", "tif|tiff", "tiff|tif", ".tif{1,2}", ".tif[f]"};
	struct error doubt;
	size_t len = strlen(pattern);
	while (len > 0 && strchr("$)?", pattern[len - 1]))
		len--;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);
		if (n > len || strncasecmp(pattern + len - n, endings[i], n) != 0)
			continue;
		error_set(&doubt,
		    "PATTERN: .tif and .tiff are cut off before a name is matched: leave "
		    "out the ending (or files must be called x.tif.tif)");
		doubt_say(d, &doubt);
		return;
	}
}

/* r'...' of Python, or what was quoted for a shell. */
static void
doubt_quotes(const struct doubts *d, const char *pattern)
{
	struct error doubt;
	const char *begin = pattern + (*pattern == 'r');
	size_t len = strlen(begin);
	if (len < 2 || (*begin != '\'' && *begin != '"') || begin[len - 1] != *begin)
		return;
	error_set(&doubt,
	    "PATTERN: %.*s stands for itself, as part of the name: leave out the quotes",
	    (int)(begin - pattern) + 1, pattern);
	doubt_say(d, &doubt);
}

/* $1, {0}, %s: all files would have one key. */
static void
doubt_key(const struct doubts *d, const char *key)
{
	struct error doubt;
	if (!strpbrk(key, "${%") || strchr(key, '\\'))
		return;
	error_set(&doubt,
	    "KEY: all files have the key '%s' itself: \\1 to \\9 stand for what the groups of "
	    "PATTERN "
	    "matched",
	    key);
	doubt_say(d, &doubt);
}

/* ---- how many folders ---- */

/* A repeat of a slash, or of a group with one in it: a pattern is matched against as many parts of a
 * path as slashes are written in it, however often they are said to come. */
static void
doubt_depth(const struct doubts *d, const char *pattern)
{
	bool slash[PATTERN_LEN_MAX + 1] = {false}; /* in each group that is open, and before */
	bool last = false;                         /* in what a repeat would apply to */
	size_t depth = 0;
	struct token t;
	struct error doubt;
	const char *end = pattern + strlen(pattern);
	for (const char *p = pattern; p && p < end;) {
		p = token_read(p, end, &t, NULL);
		if (t.kind == TOKEN_REPEAT && last) {
			unsigned slashes = d->line->pattern.slashes;
			error_set(&doubt,
			    "PATTERN: a '/' is repeated, but only files that lie %u folder%s deep "
			    "can "
			    "match: write a rule for each depth, NAME-a and NAME-b",
			    slashes, slashes == 1 ? "" : "s");
			doubt_say(d, &doubt);
			return;
		}
		last = t.slash;
		if (t.kind == TOKEN_OPEN)
			slash[++depth] = false;
		slash[depth] |= t.slash;
		if (t.kind == TOKEN_CLOSE && depth > 0) {
			last = slash[depth--];
			slash[depth] |= last;
		}
	}
}

/* ---- where a repeat ends ---- */

static bool
doubt_set_has(const struct pattern_step *s, unsigned char c)
{
	return s->set[c / 32] >> (c % 32) & 1;
}

static bool
doubt_sets_meet(const struct pattern_step *a, const struct pattern_step *b)
{
	for (unsigned c = 1; c < 256; c++) {
		if (c != '/' && doubt_set_has(a, (unsigned char)c) &&
		    doubt_set_has(b, (unsigned char)c))
			return true;
	}
	return false;
}

static bool
doubt_in_capture(const struct pattern *p, size_t step, unsigned n)
{
	return p->open[n] <= step && step < p->close[n];
}

/* Whether capture n is of use in a template, or names the band. */
static bool
doubt_is_used(const struct rule_line *l, unsigned n)
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
doubt_ambiguous(const struct pattern *p, size_t i, unsigned capture)
{
	const struct pattern_step *wide = &p->steps[i];
	if (wide->max != UINT32_MAX || !doubt_set_has(wide, '_') || !doubt_set_has(wide, 'a') ||
	    !doubt_set_has(wide, '0'))
		return 0;
	const struct pattern_step *separator = NULL;
	for (size_t j = i + 1; j < p->step_count; j++) {
		const struct pattern_step *s = &p->steps[j];
		if (doubt_in_capture(p, j, capture) || !doubt_sets_meet(wide, s)) {
			if (s->min > 0)
				return 0;
			continue;
		}
		if (s->min != s->max)
			return doubt_sets_meet(separator ? separator : wide, s) ? j : 0;
		if (separator)
			return 0;
		separator = s;
	}
	return 0;
}

static void
doubt_greedy(const struct doubts *d)
{
	const struct rule_line *l = d->line;
	const struct pattern *p = &l->pattern;
	struct error doubt;
	for (unsigned n = 1; n <= p->captures && n <= PATTERN_CAPTURES; n++) {
		if (!doubt_is_used(l, n))
			continue;
		for (size_t i = p->open[n]; i < p->close[n]; i++) {
			if (doubt_ambiguous(p, i, n) == 0)
				continue;
			error_set(&doubt,
			    "PATTERN: group %u takes as much as it can, as (.*)_(.*) cuts a_b_c "
			    "into a_b and c: write [^_]* where a part ends at the first '_': "
			    "run 'rsenc-scan --explain FILE' to see how a name is split",
			    n);
			doubt_say(d, &doubt);
			return;
		}
	}
}

void
doubt_line(const struct rule_line *l, doubt_tell *tell, void *context)
{
	struct doubts d = {l, tell, context};
	doubt_tokens(&d, l->pattern_text);
	doubt_ending(&d, l->pattern_text);
	doubt_quotes(&d, l->pattern_text);
	doubt_depth(&d, l->pattern_text);
	doubt_greedy(&d);
	doubt_key(&d, l->key);
}
