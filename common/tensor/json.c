#include "tensor/json.h"

#include "base/bytes.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void
json_fail(struct json *j, const char *why)
{
	if (!j->why)
		j->why = why;
}

/* The next byte after white space; NUL at the end, and after a failure. */
static char
peek(struct json *j)
{
	while (!j->why && j->at < j->end && memchr(" \t\n\r", *j->at, 4))
		j->at++;
	return !j->why && j->at < j->end ? *j->at : '\0';
}

bool
json_maybe(struct json *j, char mark)
{
	bool found = peek(j) == mark;
	j->at += found;
	return found;
}

void
json_mark(struct json *j, char mark)
{
	static const char *const reasons[] = {"'{' expected", "'}' expected", "'[' expected",
	    "']' expected", "':' expected", "',' expected", "\" expected: a string"};
	bool found = json_maybe(j, mark);
	for (size_t i = 0; !found && i < sizeof reasons / sizeof *reasons; i++) {
		if (memchr(reasons[i], mark, 2))
			json_fail(j, reasons[i]);
	}
}

bool
json_first(struct json *j, const char *brackets)
{
	json_mark(j, brackets[0]);
	return !json_maybe(j, brackets[1]) && !j->why;
}

bool
json_next(struct json *j, const char *brackets)
{
	bool more = json_maybe(j, ',');
	if (!more)
		json_mark(j, brackets[1]);
	return more;
}

bool
json_word(struct json *j, const char *word)
{
	size_t len = strlen(word);
	if (peek(j) != *word || (size_t)(j->end - j->at) < len || memcmp(j->at, word, len) != 0)
		return false;
	j->at += len;
	return true;
}

void
json_end(struct json *j)
{
	peek(j);
	if (j->at < j->end)
		json_fail(j, "text after the last '}'");
}

/* ---- strings ---- */

/* The four hexadecimal digits of \uXXXX. */
static unsigned
read_hex(struct json *j)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	unsigned value = 0;
	for (int i = 0; i < 4 && !j->why; i++) {
		const char *digit = j->at < j->end ? memchr(digits, *j->at, sizeof digits - 1)
		                                   : NULL;
		if (!digit)
			json_fail(j, "\\u escape is not hexadecimal");
		else
			value = value << 4 | (unsigned)((digit - digits) & 15);
		j->at += digit != NULL;
	}
	return value;
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

static void
unicode_escape(struct json *j)
{
	unsigned c = read_hex(j), low = 0;
	bool high = c >= 0xd800 && c <= 0xdbff;
	if (high && j->end - j->at >= 2 && memcmp(j->at, "\\u", 2) == 0) {
		j->at += 2;
		low = read_hex(j);
	}
	if (high ? low < 0xdc00 || low > 0xdfff : c >= 0xdc00 && c <= 0xdfff)
		json_fail(j, "lone surrogate in a string");
	else
		put_utf8(j->text, high ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : c);
}

static void
escape(struct json *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = j->at < j->end ? *j->at++ : '\0';
	const char *known = c ? memchr(from, c, sizeof from - 1) : NULL;
	if (c == 'u')
		unicode_escape(j);
	else if (!known)
		json_fail(j, "unknown escape in a string");
	else
		j->text->data[j->text->len++] = to[known - from];
}

const char *
json_string(struct json *j)
{
	struct buf *text = j->text;
	size_t start = text->len;
	json_mark(j, '"');
	while (!j->why && j->at < j->end && *j->at != '"') {
		size_t n = utf8_sequence((const unsigned char *)j->at, (size_t)(j->end - j->at));
		if (*j->at == '\\') {
			j->at++;
			escape(j);
		} else if (n == 0 || (unsigned char)*j->at < 0x20) {
			json_fail(
			    j, n == 0 ? "string is not UTF-8" : "control character in a string");
		} else {
			memcpy(text->data + text->len, j->at, n);
			text->len += n;
			j->at += n;
		}
	}
	if (!j->why && j->at == j->end)
		json_fail(j, "truncated string");
	if (j->why)
		return "";
	j->at++;
	text->data[text->len++] = '\0';
	return text->data + start;
}

const char *
json_name(struct json *j)
{
	const char *name = json_string(j);
	json_mark(j, ':');
	return name;
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

uint64_t
json_number(struct json *j)
{
	bool zero = peek(j) == '0';
	const char *first = j->at;
	size_t digits = j->why ? 0 : skip_digits(j);
	bool bad = digits == 0 || (zero && digits > 1) ||
	           (j->at < j->end && memchr(".eE", *j->at, 3));
	uint64_t n = 0;
	for (; !bad && first < j->at; first++) {
		unsigned digit = (unsigned)(*first - '0');
		bad = n > (UINT64_MAX - digit) / 10;
		n = n * 10 + digit;
	}
	if (bad)
		json_fail(j, "whole number expected");
	return bad ? 0 : n;
}

double
json_decimal(struct json *j)
{
	if (json_word(j, "null") || j->why)
		return (double)NAN;
	/* strtod(3) needs an end, and the text behind the last string has room. */
	char *copy = j->text->data + j->text->len, *to = copy, *end;
	while (j->at < j->end && memchr("+-.eE0123456789", *j->at, 15))
		*to++ = *j->at++;
	*to = '\0';
	double n = strtod(copy, &end);
	/* strtod accepts more than JSON: "01", "+1", ".5" and "1.". */
	const char *digits = copy + (*copy == '-'), *point = strchr(copy, '.');
	if (*end || !isdigit((unsigned char)*digits) ||
	    (*digits == '0' && isdigit((unsigned char)digits[1])) ||
	    (point && !isdigit((unsigned char)point[1])))
		json_fail(j, "value expected");
	else if (!isfinite(n))
		json_fail(j, "number out of range");
	return n;
}

/* ---- any value ---- */

static void
skip_value(struct json *j, int depth)
{
	char next = peek(j);
	if (next == '"') {
		json_string(j);
	} else if (next == '{' || next == '[') {
		const char *brackets = next == '{' ? "{}" : "[]";
		if (depth == JSON_DEPTH_MAX)
			json_fail(j, "nested too deeply");
		for (bool more = json_first(j, brackets); more; more = json_next(j, brackets)) {
			if (next == '{')
				json_name(j);
			skip_value(j, depth + 1);
		}
	} else if (!json_word(j, "true") && !json_word(j, "false")) {
		json_decimal(j);
	}
}

void
json_skip(struct json *j)
{
	size_t before = j->text->len;
	skip_value(j, 2); /* inside the header's object and the tensor's */
	j->text->len = before;
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
		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 && short_forms[c])
			buf_addf(b, "\\%c", short_forms[c]);
		else if (c < 0x20)
			buf_addf(b, "\\u%04x", c);
		else if (strncmp(s, JSON_NUL, 2) == 0)
			buf_addf(b, "\\u%04x", *s++ & 0);
		else
			buf_add(b, s, 1);
	}
	buf_add(b, "\"", 1);
}
