#include "scan/pattern.h"

#include "scan/token.h"
#include "scan/variants.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXPANDED_MAX = TOKEN_NUMBER_MAX, /* single characters, once all repeats are written out */
	TRIES_MAX = 2000,                /* steps tried by our own loop before regexec takes over */
	REGEX_BYTES = 4096               /* matched before a regex is compiled afresh */
};

/* glibc's regexec keeps every state that it ever was in: some patterns would take 7 KiB for each
 * character that they are matched against. So it is compiled anew now and then. */
struct pattern_regex {
	regex_t compiled;
	size_t used; /* bytes matched */
	char text[PATTERN_LEN_MAX + 5];
};

static bool
set_has(const uint32_t *set, unsigned char c)
{
	return set[c / 32] >> (c % 32) & 1;
}

static void
pattern_free_variants(struct pattern *p)
{
	while (p->variant_count > 0)
		free(p->variant[--p->variant_count].steps);
	free(p->variant);
	p->variant = NULL;
}

/* What is known while the text is read from left to right. */
struct reader {
	struct pattern *p;
	unsigned open[PATTERN_DEPTH_MAX];   /* numbers of the groups that are open */
	size_t size[PATTERN_DEPTH_MAX + 1]; /* single characters in each of them, written out */
	size_t depth;
	size_t last; /* single characters in what a repeat would apply to */
	enum token_kind before;
};

static int
reader_set(struct reader *r, const struct token *t)
{
	struct pattern *p = r->p;
	struct pattern_step *step = &p->steps[p->step_count++];
	memcpy(step->set, t->set, sizeof step->set);
	step->min = step->max = 1;
	r->last = 1;
	r->size[r->depth]++;
	if (!t->slash)
		return 0;
	p->slashes++;
	for (unsigned n = 1; n <= p->captures && n <= PATTERN_CAPTURES; n++)
		p->slashes_after[n]++;
	return 0;
}

static int
reader_repeat(struct reader *r, const struct token *t, struct error *why)
{
	size_t times = t->max != UINT32_MAX ? t->max : t->min + 1;
	if (r->before == TOKEN_REPEAT)
		return error_set(why, "a repeat follows a repeat");
	if (times > 0)
		r->size[r->depth] += r->last * (times - 1);
	r->last *= times;
	if (r->size[r->depth] > EXPANDED_MAX || r->last > EXPANDED_MAX)
		return error_set(
		    why, "its repeats multiply to more than %d characters", EXPANDED_MAX);
	if (r->before == TOKEN_SET) {
		struct pattern_step *step = &r->p->steps[r->p->step_count - 1];
		step->min = t->min;
		step->max = t->max;
	} else {
		r->p->simple = false;
	}
	return 0;
}

static int
reader_open(struct reader *r, struct error *why)
{
	struct pattern *p = r->p;
	if (r->depth == PATTERN_DEPTH_MAX)
		return error_set(why, "more than %d groups inside one another", PATTERN_DEPTH_MAX);
	unsigned n = ++p->captures;
	if (n <= PATTERN_CAPTURES)
		p->open[n] = (uint32_t)p->step_count;
	r->open[r->depth++] = n;
	r->size[r->depth] = 0;
	return 0;
}

static int
reader_close(struct reader *r, struct error *why)
{
	if (r->depth == 0)
		return error_set(why, "a ')' has no '('");
	unsigned n = r->open[--r->depth];
	if (n <= PATTERN_CAPTURES)
		r->p->close[n] = (uint32_t)r->p->step_count;
	/* An empty group still costs regcomp something when it is repeated. */
	r->last = r->size[r->depth + 1] + 1;
	r->size[r->depth] += r->last;
	return 0;
}

static int
reader_text(const char *text, size_t len, struct pattern *p, struct error *why)
{
	struct reader r = {.p = p, .before = TOKEN_OTHER};
	const char *at = text, *end = text + len;
	struct token t;
	for (;;) {
		int status = 0;
		at = token_read(at, end, &t, why);
		if (!at)
			return -1;
		if (t.kind == TOKEN_END)
			break;
		if (t.kind == TOKEN_SET)
			status = reader_set(&r, &t);
		else if (t.kind == TOKEN_REPEAT)
			status = reader_repeat(&r, &t, why);
		else if (t.kind == TOKEN_OPEN)
			status = reader_open(&r, why);
		else if (t.kind == TOKEN_CLOSE)
			status = reader_close(&r, why);
		else
			p->simple = false;
		if (status != 0)
			return -1;
		if (t.kind == TOKEN_OTHER) {
			/* A class or an escape is one character; so is, at most, the rest. */
			r.last = 1;
			r.size[r.depth]++;
		}
		r.before = t.kind;
	}
	if (r.depth > 0)
		return error_set(why, "a '(' has no ')'");
	return 0;
}

/* Makes the variants of a pattern with alternations; it has none if one of them needs regexec. */
static void
pattern_make_variants(struct pattern *p, const char *text, size_t len)
{
	struct variants v = {.count = 0};
	if (variants_expand(&v, text, len) == 0)
		p->variant = calloc(v.count, sizeof *p->variant);
	bool simple = p->variant != NULL;
	for (size_t i = 0; simple && i < v.count; i++) {
		struct pattern *one = &p->variant[p->variant_count++];
		size_t size = strlen(v.text[i]);
		*one = (struct pattern){
		    .simple = true, .steps = calloc(size + 1, sizeof *one->steps)};
		simple = one->steps && reader_text(v.text[i], size, one, NULL) == 0 && one->simple;
	}
	if (!simple)
		pattern_free_variants(p);
	variants_free(&v);
}

/* Cuts off anchors, which a pattern has anyway, so that our own loop need not know them. */
static void
pattern_cut_anchors(const char **text, size_t *len)
{
	const char *core = *text;
	size_t n = *len, backslashes = 0;
	if (n > 1 && core[0] == '^') {
		core++;
		n--;
	}
	while (backslashes + 1 < n && core[n - 2 - backslashes] == '\\')
		backslashes++;
	if (n > 1 && core[n - 1] == '$' && backslashes % 2 == 0)
		n--;
	*text = core;
	*len = n;
}

int
pattern_compile(const char *text, size_t len, struct pattern *p, struct error *why)
{
	*p = (struct pattern){.simple = true};
	if (len == 0)
		return error_set(why, "is empty");
	if (len > PATTERN_LEN_MAX)
		return error_set(why, "longer than %d bytes", PATTERN_LEN_MAX);
	if (memchr(text, '\0', len))
		return error_set(why, "holds a NUL byte");
	p->steps = calloc(len, sizeof *p->steps);
	if (!p->steps)
		return error_set(why, "out of memory");
	const char *core = text;
	size_t core_len = len;
	pattern_cut_anchors(&core, &core_len);
	if (reader_text(core, core_len, p, why) != 0)
		goto fail;

	p->regex = calloc(1, sizeof *p->regex);
	if (!p->regex) {
		error_set(why, "out of memory");
		goto fail;
	}
	/* The group holds both sides of a '|' between the anchors. It is number 1 to regexec, so
	 * ours are one higher there. */
	memcpy(p->regex->text, "^(", 2);
	memcpy(p->regex->text + 2, text, len);
	memcpy(p->regex->text + 2 + len, ")$", 3);
	/* Also where our own loop will do: regcomp judges what is a pattern, and regexec takes
	 * over after too many tries. */
	int bad = regcomp(&p->regex->compiled, p->regex->text, REG_EXTENDED);
	if (bad != 0) {
		char reason[200];
		regerror(bad, &p->regex->compiled, reason, sizeof reason);
		error_set(why, "%s", reason);
		goto fail;
	}
	if (!p->simple)
		pattern_make_variants(p, core, core_len);
	return 0;
fail:
	free(p->regex);
	free(p->steps);
	*p = (struct pattern){0};
	return -1;
}

static void
regex_refresh(struct pattern_regex *r, size_t len)
{
	regex_t fresh;
	r->used += len;
	if (r->used < REGEX_BYTES || regcomp(&fresh, r->text, REG_EXTENDED) != 0)
		return;
	regfree(&r->compiled);
	r->compiled = fresh;
	r->used = 0;
}

bool
pattern_match_regex(const struct pattern *p, const char *s, size_t len, struct pattern_match *m)
{
	regmatch_t found[PATTERN_CAPTURES + 2];
	size_t wanted = (p->captures < PATTERN_CAPTURES ? p->captures : PATTERN_CAPTURES) + 2;
	regex_refresh(p->regex, len);
	if (regexec(&p->regex->compiled, s, wanted, found, 0) != 0)
		return false;
	for (size_t n = 1; n + 1 < wanted; n++) {
		bool part = found[n + 1].rm_so >= 0;
		m->start[n] = part ? s + found[n + 1].rm_so : s;
		m->len[n] = part ? (size_t)(found[n + 1].rm_eo - found[n + 1].rm_so) : 0;
	}
	return true;
}

/* Each step takes as much as it can and gives back one at a time when what follows does not fit.
 * For steps of single characters this finds the match in which every step ends as far right as
 * in any match, which is the one that POSIX asks for. Returns 1, 0 for no match, -1 when it took
 * too many tries. Step i spans ends[i] to ends[i + 1]; ends[0] is given. */
static int
steps_match(const struct pattern *p, const char *s, size_t len, uint32_t *ends)
{
	size_t i = 0;
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		if (i < p->step_count) {
			const struct pattern_step *step = &p->steps[i];
			size_t limit = step->max < len - ends[i] ? ends[i] + step->max : len;
			size_t end = ends[i];
			while (end < limit && set_has(step->set, (unsigned char)s[end]))
				end++;
			if (end - ends[i] >= step->min) {
				ends[++i] = (uint32_t)end;
				continue;
			}
		} else if (ends[i] == len) {
			return 1;
		}
		/* Back to the last step that can give one back. */
		do {
			if (i == 0)
				return 0;
			i--;
		} while (ends[i + 1] - ends[i] == p->steps[i].min);
		ends[++i]--;
	}
	return -1;
}

/* Returns as steps_match. */
static int
pattern_match_simple(const struct pattern *p, const char *s, size_t len, struct pattern_match *m)
{
	uint32_t ends[PATTERN_LEN_MAX + 1];
	ends[0] = 0;
	int found = steps_match(p, s, len, ends);
	for (unsigned n = 1; found > 0 && n <= p->captures && n <= PATTERN_CAPTURES; n++) {
		m->start[n] = s + ends[p->open[n]];
		m->len[n] = ends[p->close[n]] - ends[p->open[n]];
	}
	return found;
}

/* One variant that matches is the match. Of several, POSIX wants the one whose groups are longest in
 * an order that takes nesting into account: regexec knows. Returns as steps_match. */
static int
pattern_match_variants(const struct pattern *p, const char *s, size_t len, struct pattern_match *m)
{
	struct pattern_match one;
	int found = 0;
	for (size_t i = 0; i < p->variant_count; i++) {
		int status = pattern_match_simple(&p->variant[i], s, len, found ? &one : m);
		if (status < 0 || (status > 0 && found))
			return -1;
		found |= status;
	}
	return found;
}

bool
pattern_match(const struct pattern *p, const char *s, size_t len, struct pattern_match *m)
{
	int found = -1;
	if (len < UINT32_MAX && p->simple)
		found = pattern_match_simple(p, s, len, m);
	else if (len < UINT32_MAX && p->variant_count > 0)
		found = pattern_match_variants(p, s, len, m);
	return found < 0 ? pattern_match_regex(p, s, len, m) : found > 0;
}

void
pattern_free(struct pattern *p)
{
	pattern_free_variants(p);
	if (p->regex)
		regfree(&p->regex->compiled);
	free(p->regex);
	free(p->steps);
	*p = (struct pattern){0};
}
