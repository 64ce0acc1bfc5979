#include "tensor/json.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool
fail(struct json *j, const char *why)
{
	j->why = why;
	return false;
}

static void
skip_space(struct json *j)
{
	while (j->at < j->end && memchr(" \t\n\r", *j->at, 4))
		j->at++;
}

bool
json_maybe(struct json *j, char mark)
{
	skip_space(j);
	if (j->at == j->end || *j->at != mark)
		return false;
	j->at++;
	return true;
}

bool
json_mark(struct json *j, char mark)
{
	static const char marks[][2] = {"{", "}", "[", "]", ":", ",", "\""};
	static const char *const reasons[] = {"'{' expected", "'}' expected", "'[' expected",
	    "']' expected", "':' expected", "',' expected", "a string expected"};
	if (json_maybe(j, mark))
		return true;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (marks[i][0] == mark)
			j->why = reasons[i];
	}
	return false;
}

/* The four hex digits of \uXXXX. */
static bool
hex4(struct json *j, unsigned *value)
{
	if (j->end - j->at < 4)
		return fail(j, "a \\u escape is cut off");
	*value = 0;
	for (int i = 0; i < 4; i++) {
		char c = *j->at++;
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return fail(j, "a \\u escape is not hexadecimal");
		*value = *value << 4 | digit;
	}
	return true;
}

static void
put_utf8(struct buf *text, unsigned c)
{
	char *out = text->data + text->len;
	unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
	*out++ = (char)(lead[more] | c >> (6 * more));
	for (unsigned left = more; left-- > 0;)
		*out++ = (char)(0x80 | (c >> (6 * left) & 0x3f));
	text->len += more + 1;
}

static bool
unicode_escape(struct json *j, struct buf *text)
{
	unsigned c, low;
	if (!hex4(j, &c))
		return false;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (j->end - j->at < 2 || j->at[0] != '\\' || j->at[1] != 'u')
			return fail(j, "a lone surrogate in a string");
		j->at += 2;
		if (!hex4(j, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(j, "a lone surrogate in a string");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c <= 0xdfff) {
		return fail(j, "a lone surrogate in a string");
	}
	if (c == 0)
		return fail(j, "a string holds U+0000");
	put_utf8(text, c);
	return true;
}

static bool
escape(struct json *j, struct buf *text)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (j->at == j->end)
		return fail(j, "a string is cut off");
	char c = *j->at++;
	if (c == 'u')
		return unicode_escape(j, text);
	const char *known = c ? strchr(from, c) : NULL;
	if (!known)
		return fail(j, "an unknown escape in a string");
	text->data[text->len++] = to[known - from];
	return true;
}

bool
json_string(struct json *j, struct buf *text, const char **s, size_t *len)
{
	size_t start = text->len;
	if (!json_mark(j, '"'))
		return false;
	while (j->at < j->end && *j->at != '"') {
		unsigned char c = (unsigned char)*j->at;
		if (c < 0x20)
			return fail(j, "a control character in a string");
		if (c == '\\') {
			j->at++;
			if (!escape(j, text))
				return false;
			continue;
		}
		size_t n = utf8_sequence((const unsigned char *)j->at, (size_t)(j->end - j->at));
		if (n == 0)
			return fail(j, "a string is not UTF-8");
		memcpy(text->data + text->len, j->at, n);
		text->len += n;
		j->at += n;
	}
	if (j->at == j->end)
		return fail(j, "a string is cut off");
	j->at++;
	*s = text->data + start;
	*len = text->len - start;
	text->data[text->len++] = '\0';
	return true;
}

static bool
is_digit(const struct json *j)
{
	return j->at < j->end && *j->at >= '0' && *j->at <= '9';
}

bool
json_number(struct json *j, uint64_t *n)
{
	static const char why[] = "a whole number expected";
	skip_space(j);
	if (!is_digit(j))
		return fail(j, why);
	bool zero = *j->at == '0';
	*n = 0;
	for (const char *first = j->at; is_digit(j); j->at++) {
		unsigned digit = (unsigned)(*j->at - '0');
		if ((zero && j->at > first) || *n > (UINT64_MAX - digit) / 10)
			return fail(j, why);
		*n = *n * 10 + digit;
	}
	if (j->at < j->end && memchr(".eE", *j->at, 3))
		return fail(j, why);
	return true;
}

/* A number of any form: -? int frac? exp? */
static bool
skip_number(struct json *j)
{
	static const char why[] = "a value expected";
	if (j->at < j->end && *j->at == '-')
		j->at++;
	if (!is_digit(j))
		return fail(j, why);
	if (*j->at++ != '0') {
		while (is_digit(j))
			j->at++;
	}
	if (j->at < j->end && *j->at == '.') {
		j->at++;
		if (!is_digit(j))
			return fail(j, why);
		while (is_digit(j))
			j->at++;
	}
	if (j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
		j->at++;
		if (j->at < j->end && (*j->at == '+' || *j->at == '-'))
			j->at++;
		if (!is_digit(j))
			return fail(j, why);
		while (is_digit(j))
			j->at++;
	}
	return true;
}

bool
json_decimal(struct json *j, double *n)
{
	char text[JSON_DECIMAL_MAX + 1];
	skip_space(j);
	if (j->end - j->at >= 4 && memcmp(j->at, "null", 4) == 0) {
		j->at += 4;
		*n = (double)NAN;
		return true;
	}
	const char *start = j->at;
	if (!skip_number(j))
		return false;
	size_t len = (size_t)(j->at - start);
	if (len > JSON_DECIMAL_MAX)
		return fail(j, "a number has too many digits");
	/* strtod needs an end, which the text has not. */
	memcpy(text, start, len);
	text[len] = '\0';
	*n = strtod(text, NULL);
	return true;
}

static bool
skip_word(struct json *j)
{
	static const char *const words[] = {"true", "false", "null"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(j->end - j->at) >= n && memcmp(j->at, words[i], n) == 0) {
			j->at += n;
			return true;
		}
	}
	return skip_number(j);
}

static bool skip_value(struct json *j, struct buf *text, int depth);

static bool
skip_members(struct json *j, struct buf *text, int depth, char close)
{
	const char *s;
	size_t len;
	if (json_maybe(j, close))
		return true;
	do {
		if (close == '}' && (!json_string(j, text, &s, &len) || !json_mark(j, ':')))
			return false;
		if (!skip_value(j, text, depth + 1))
			return false;
	} while (json_maybe(j, ','));
	return json_mark(j, close);
}

static bool
skip_value(struct json *j, struct buf *text, int depth)
{
	const char *s;
	size_t len;
	skip_space(j);
	if (j->at < j->end && *j->at == '"')
		return json_string(j, text, &s, &len);
	if (depth == JSON_DEPTH_MAX && j->at < j->end && (*j->at == '{' || *j->at == '['))
		return fail(j, "nested too deeply");
	if (json_maybe(j, '{'))
		return skip_members(j, text, depth, '}');
	if (json_maybe(j, '['))
		return skip_members(j, text, depth, ']');
	return skip_word(j);
}

bool
json_skip(struct json *j, struct buf *text)
{
	size_t before = text->len;
	bool fine = skip_value(j, text, 2); /* inside the header's object and the tensor's */
	text->len = before;
	return fine;
}
