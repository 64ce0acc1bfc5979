#include "tensor/json.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
fail(struct json *j, const char *why)
{
	j->why = why;
	return false;
}

void
json_space(struct json *j)
{
	while (j->at < j->end && memchr(" \t\n\r", *j->at, 4))
		j->at++;
}

bool
json_maybe(struct json *j, char mark)
{
	json_space(j);
	if (j->at == j->end || *j->at != mark)
		return false;
	j->at++;
	return true;
}

bool
json_mark(struct json *j, char mark)
{
	static const char *const reasons[] = {"'{' expected", "'}' expected", "'[' expected",
	    "']' expected", "':' expected", "',' expected", "\" expected: a string"};
	if (json_maybe(j, mark))
		return true;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		if (memchr(reasons[i], mark, 2))
			j->why = reasons[i];
	}
	return false;
}

static bool
read_word(struct json *j, const char *word)
{
	size_t len = strlen(word);
	json_space(j);
	if ((size_t)(j->end - j->at) < len || memcmp(j->at, word, len) != 0)
		return false;
	j->at += len;
	return true;
}

bool
json_null(struct json *j)
{
	return read_word(j, "null");
}

/* ---- strings ---- */

/* The four hexadecimal digits of \uXXXX. */
static bool
read_hex(struct json *j, unsigned *value)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	if (j->end - j->at < 4)
		return fail(j, "truncated \\u escape");
	*value = 0;
	for (int i = 0; i < 4; i++) {
		const char *digit = memchr(digits, *j->at++, sizeof digits - 1);
		if (!digit)
			return fail(j, "\\u escape is not hexadecimal");
		*value = *value << 4 | (unsigned)((digit - digits) & 15);
	}
	return true;
}

static void
put_utf8(struct buf *text, unsigned c)
{
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
	char *out = text->data + text->len;
	/* U+0000 in two bytes: JSON_NUL. */
	unsigned more = c - 1 < 0x7f ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	*out++ = (char)(lead[more] | c >> (6 * more));
	for (unsigned left = more; left-- > 0;)
		*out++ = (char)(0x80 | (c >> (6 * left) & 0x3f));
	text->len += more + 1;
}

static bool
unicode_escape(struct json *j)
{
	unsigned c, low = 0;
	if (!read_hex(j, &c))
		return false;
	if (c >= 0xd800 && c <= 0xdbff) {
		bool pair = j->end - j->at >= 2 && j->at[0] == '\\' && j->at[1] == 'u';
		j->at += pair ? 2 : 0;
		if (pair && !read_hex(j, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(j, "lone surrogate in a string");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c <= 0xdfff) {
		return fail(j, "lone surrogate in a string");
	}
	put_utf8(j->text, c);
	return true;
}

static bool
escape(struct json *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (j->at == j->end)
		return fail(j, "truncated string");
	char c = *j->at++;
	if (c == 'u')
		return unicode_escape(j);
	const char *known = memchr(from, c, sizeof from - 1);
	if (!known)
		return fail(j, "unknown escape in a string");
	j->text->data[j->text->len++] = to[known - from];
	return true;
}

bool
json_string(struct json *j, const char **s)
{
	struct buf *text = j->text;
	*s = text->data + text->len;
	if (!json_mark(j, '"'))
		return false;
	while (j->at < j->end && *j->at != '"') {
		if ((unsigned char)*j->at < 0x20)
			return fail(j, "control character in a string");
		if (*j->at == '\\') {
			j->at++;
			if (!escape(j))
				return false;
			continue;
		}
		size_t n = utf8_sequence((const unsigned char *)j->at, (size_t)(j->end - j->at));
		if (n == 0)
			return fail(j, "string is not UTF-8");
		memcpy(text->data + text->len, j->at, n);
		text->len += n;
		j->at += n;
	}
	if (j->at == j->end)
		return fail(j, "truncated string");
	j->at++;
	text->data[text->len++] = '\0';
	return true;
}

/* ---- numbers ---- */

static size_t
skip_digits(struct json *j)
{
	const char *first = j->at;
	while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		j->at++;
	return (size_t)(j->at - first);
}

bool
json_number(struct json *j, uint64_t *n)
{
	static const char why[] = "whole number expected";
	json_space(j);
	const char *first = j->at;
	size_t digits = skip_digits(j);
	if (digits == 0 || (*first == '0' && digits > 1) ||
	    (j->at < j->end && memchr(".eE", *j->at, 3)))
		return fail(j, why);
	*n = 0;
	for (; first < j->at; first++) {
		unsigned digit = (unsigned)(*first - '0');
		if (*n > (UINT64_MAX - digit) / 10)
			return fail(j, why);
		*n = *n * 10 + digit;
	}
	return true;
}

/* Skips one of two bytes. */
static bool
skip_either(struct json *j, char a, char b)
{
	bool found = j->at < j->end && (*j->at == a || *j->at == b);
	j->at += found;
	return found;
}

/* -? int frac? exp? */
static bool
read_double(struct json *j, double *n)
{
	static const char why[] = "value expected";
	const char *first = j->at;
	skip_either(j, '-', '-');
	bool zero = j->at < j->end && *j->at == '0';
	size_t digits = skip_digits(j);
	if (digits == 0 || (zero && digits > 1))
		return fail(j, why);
	if (skip_either(j, '.', '.') && skip_digits(j) == 0)
		return fail(j, why);
	if (skip_either(j, 'e', 'E')) {
		skip_either(j, '+', '-');
		if (skip_digits(j) == 0)
			return fail(j, why);
	}
	/* strtod(3) needs an end, and the text behind the last string has room. */
	char *copy = j->text->data + j->text->len;
	memcpy(copy, first, (size_t)(j->at - first));
	copy[j->at - first] = '\0';
	*n = strtod(copy, NULL);
	return isfinite(*n) || fail(j, "number out of range");
}

bool
json_decimal(struct json *j, double *n)
{
	*n = (double)NAN;
	json_space(j);
	return json_null(j) || read_double(j, n);
}

/* ---- any value ---- */

static bool skip_value(struct json *j, int depth);

static bool
skip_members(struct json *j, int depth, char close)
{
	const char *s;
	if (json_maybe(j, close))
		return true;
	do {
		if (close == '}' && (!json_string(j, &s) || !json_mark(j, ':')))
			return false;
		if (!skip_value(j, depth + 1))
			return false;
	} while (json_maybe(j, ','));
	return json_mark(j, close);
}

static bool
skip_value(struct json *j, int depth)
{
	const char *s;
	double n;
	json_space(j);
	char next = j->at < j->end ? *j->at : '\0';
	if (next == '"')
		return json_string(j, &s);
	if (next == '{' || next == '[') {
		j->at++;
		return depth == JSON_DEPTH_MAX ? fail(j, "nested too deeply")
		                               : skip_members(j, depth, next == '{' ? '}' : ']');
	}
	return read_word(j, "true") || read_word(j, "false") || json_null(j) || read_double(j, &n);
}

bool
json_skip(struct json *j)
{
	size_t before = j->text->len;
	bool fine = skip_value(j, 2); /* inside the header's object and the tensor's */
	j->text->len = before;
	return fine;
}

/* ---- writing ---- */

void
json_add_string(struct buf *b, const char *s)
{
	static const char short_forms[32] = {
	    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	buf_add(b, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char form[8] = {(char)c, '\0'};
		if (c == '"' || c == '\\')
			snprintf(form, sizeof form, "\\%c", c);
		else if (c < 0x20 && short_forms[c])
			snprintf(form, sizeof form, "\\%c", short_forms[c]);
		else if (c < 0x20)
			snprintf(form, sizeof form, "\\u%04x", c);
		else if (strncmp(s, JSON_NUL, 2) == 0)
			snprintf(form, sizeof form, "\\u%04x", *s++ & 0);
		buf_add(b, form, strlen(form));
	}
	buf_add(b, "\"", 1);
}
