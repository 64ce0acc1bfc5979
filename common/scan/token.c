#include "scan/token.h"

#include <string.h>

static void
set_add(uint32_t *set, unsigned char c)
{
	set[c / 32] |= UINT32_C(1) << (c % 32);
}

/* A bracket expression: p stands behind the '['. Returns what follows the ']' or NULL. */
static const char *
token_bracket(const char *p, const char *end, struct token *t)
{
	bool negated = p < end && *p == '^';
	const char *first = p += negated;
	t->kind = TOKEN_SET;
	while (p < end && (*p != ']' || p == first)) {
		if (*p == '[' && p + 1 < end && strchr(":.=", p[1])) {
			/* A class such as [:alpha:]: only its end matters here. */
			char kind = p[1];
			for (p += 2; p + 1 < end && !(p[0] == kind && p[1] == ']'); p++)
				;
			p += 2;
			t->kind = TOKEN_OTHER;
			continue;
		}
		unsigned char low = (unsigned char)*p, high = low;
		if (p + 2 < end && p[1] == '-' && p[2] != ']') {
			high = (unsigned char)p[2];
			p += 2;
			/* Ends like [a-[.z.]], and reversed ranges, are for regcomp to judge. */
			if (high == '[' || high < low)
				t->kind = TOKEN_OTHER;
		}
		for (unsigned c = low; c <= high; c++)
			set_add(t->set, (unsigned char)c);
		p++;
	}
	for (size_t i = 0; negated && i < 8; i++)
		t->set[i] = ~t->set[i];
	t->set[0] &= ~UINT32_C(1); /* a path holds no NUL */
	return p < end ? p + 1 : NULL;
}

static const char *
token_number(const char *p, const char *end, uint32_t *n)
{
	const char *start = p;
	/* More than TOKEN_NUMBER_MAX is too much, however much more. */
	for (*n = 0; p < end && *p >= '0' && *p <= '9'; p++) {
		if (*n <= TOKEN_NUMBER_MAX)
			*n = *n * 10 + (uint32_t)(*p - '0');
	}
	return p > start ? p : NULL;
}

/* {n} {n,} {n,m}: p stands behind the '{'. Anything else is for regcomp to judge. */
static const char *
token_interval(const char *p, const char *end, struct token *t)
{
	const char *start = p;
	t->kind = TOKEN_OTHER;
	p = p < end && *p == ',' ? p : token_number(p, end, &t->min);
	t->max = t->min;
	if (p && p < end && *p == ',') {
		const char *max = token_number(p + 1, end, &t->max);
		if (!max)
			t->max = UINT32_MAX;
		p = max ? max : p + 1;
	}
	if (!p || p == end || *p != '}')
		return start;
	if (t->min <= t->max)
		t->kind = TOKEN_REPEAT;
	return p + 1;
}

const char *
token_read(const char *p, const char *end, struct token *t, struct error *why)
{
	*t = (struct token){.kind = TOKEN_END};
	if (p == end)
		return p;
	char c = *p++;
	switch (c) {
	case '(':
		t->kind = TOKEN_OPEN;
		return p;
	case ')':
		t->kind = TOKEN_CLOSE;
		return p;
	case '*':
	case '+':
	case '?':
		t->kind = TOKEN_REPEAT;
		t->min = c == '+';
		t->max = c == '?' ? 1 : UINT32_MAX;
		return p;
	case '{':
		return token_interval(p, end, t);
	case '[':
		p = token_bracket(p, end, t);
		if (!p)
			error_set(why, "a '[' has no ']'");
		return p;
	case '|':
	case '^':
	case '$':
		t->kind = TOKEN_OTHER;
		return p;
	case '.':
		t->kind = TOKEN_SET;
		memset(t->set, 0xff, sizeof t->set);
		t->set[0] &= ~UINT32_C(1);
		return p;
	case '\\':
		if (p == end) {
			error_set(why, "ends in a backslash");
			return NULL;
		}
		c = *p++;
		if (c >= '1' && c <= '9') {
			error_set(why,
			    "\\%c: back-references are not supported: write once more what may "
			    "stand there",
			    c);
			return NULL;
		}
		/* A letter, or \< \> \` \', mean something to some regcomps; the rest stand for
		 * themselves, as re.escape() of Python writes them. */
		if (strchr("<>`'", c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c == '0') {
			t->kind = TOKEN_OTHER;
			return p;
		}
		break;
	default:
		break;
	}
	t->kind = TOKEN_SET;
	t->slash = c == '/';
	set_add(t->set, (unsigned char)c);
	return p;
}
