#include "scan/variants.h"

#include "scan/token.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Only groups that hold nothing but the alternation are expanded: those that people write, (VV|VH) and
 * (train|val|test). Each expansion has one group with a bar less, so the recursion ends. */

/* The first group with a '|': text from `open` (behind its parenthesis) to `close` (before it). */
struct alternation {
	const char *open, *close;
};

static bool
variants_is_bar(const struct token *t, const char *at)
{
	return t->kind == TOKEN_OTHER && at[-1] == '|';
}

/* Returns 1 if there is one, 0 if there is none, -1 if the text has one that is no use. */
static int
variants_find(const char *text, const char *end, struct alternation *a)
{
	const char *open = NULL;
	bool bar = false;
	struct token t;
	for (const char *at = text; at < end;) {
		at = token_read(at, end, &t, NULL);
		if (!at)
			return -1;
		if (t.kind == TOKEN_OPEN) {
			if (bar)
				return -1;
			open = at;
		} else if (variants_is_bar(&t, at)) {
			if (!open)
				return -1;
			bar = true;
		} else if (t.kind == TOKEN_CLOSE && bar) {
			*a = (struct alternation){.open = open, .close = at - 1};
			return at < end && strchr("*+?{", *at) ? -1 : 1;
		} else if (t.kind == TOKEN_CLOSE) {
			/* A bar after it would belong to a group that holds this one. */
			open = NULL;
		}
	}
	return 0;
}

/* Where the alternative ends that begins at p. */
static const char *
variants_end(const char *p, const char *close)
{
	struct token t;
	while (p < close) {
		const char *next = token_read(p, close, &t, NULL);
		if (!next || variants_is_bar(&t, next))
			break;
		p = next;
	}
	return p;
}

int
variants_expand(struct variants *v, const char *text, size_t len)
{
	struct alternation a;
	int found = variants_find(text, text + len, &a);
	if (found < 0)
		return -1;
	if (found == 0) {
		/* Alternations multiply: a pattern with too many variants is left to regexec. */
		if (v->count == VARIANTS_MAX)
			return -1;
		char *copy = strndup(text, len);
		if (!copy)
			return -1;
		v->text[v->count++] = copy;
		return 0;
	}
	size_t before = (size_t)(a.open - text), after = len - (size_t)(a.close - text);
	int status = 0;
	for (const char *p = a.open; status == 0; p++) {
		const char *end = variants_end(p, a.close);
		size_t middle = (size_t)(end - p);
		char *one = malloc(before + middle + after + 1);
		if (!one)
			return -1;
		memcpy(one, text, before);
		memcpy(one + before, p, middle);
		memcpy(one + before + middle, a.close, after);
		status = variants_expand(v, one, before + middle + after);
		free(one);
		p = end;
		if (end == a.close)
			break;
	}
	return status;
}

void
variants_free(struct variants *v)
{
	while (v->count > 0)
		free(v->text[--v->count]);
}
