#ifndef RSENC_STRICT_H
#define RSENC_STRICT_H

/*
 * The rules of the safetensors README, "Format", once more and in another way than the module
 * under test: the text is cut into tokens first, the grammar is checked over these, then the
 * meaning. Slow and simple. Where the README is silent, or its reference library (0.8) reads more, it
 * is as there: JSON is RFC 8259, nested at most 127 deep (serde_json), with blanks around it; of a
 * repeated name the last value counts; a tensor may be an array of its fields, a dtype an
 * object with null; unknown fields of a tensor are ignored.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* kind: one of {}[]:, or 's'tring, 'n'umber, 'w'ord, 0 at the end. */
struct token {
	char kind;
	const char *text;
	size_t len;
};

struct strict {
	struct token *tokens;
	size_t count;
	uint64_t data_len;
};

/* A code point at s, as UTF-8; its length, or 0. */
static size_t
strict_utf8(const unsigned char *s, size_t left, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80       ? 1
	           : s[0] >> 5 == 6  ? 2
	           : s[0] >> 4 == 14 ? 3
	           : s[0] >> 3 == 30 ? 4
	                             : 0;
	if (n == 0 || n > left)
		return 0;
	*c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

/* Decodes what is between quotes to code points, with a 0 at the end; NULL if it is not a string.
 * U+0000 becomes 0x110000. The caller frees. */
static uint32_t *
strict_string(const char *text, size_t len)
{
	uint32_t *out = malloc((len + 1) * sizeof *out);
	size_t n = 0;
	for (size_t i = 0; out && i < len;) {
		static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
		uint32_t c = 0;
		char hex[5] = "", *end = hex;
		size_t used = strict_utf8((const unsigned char *)text + i, len - i, &c);
		if (used == 0 || c < 0x20)
			goto bad;
		i += used;
		if (c != '\\') {
			out[n++] = c;
			continue;
		}
		char e = i < len ? text[i++] : 'x';
		const char *name = e ? strchr(names, e) : NULL;
		if (name) {
			out[n++] = (unsigned char)values[name - names];
			continue;
		}
		if (e != 'u' || len - i < 4)
			goto bad;
		memcpy(hex, text + i, 4);
		if (strspn(hex, "0123456789abcdefABCDEF") != 4)
			goto bad;
		out[n++] = (uint32_t)strtoul(hex, &end, 16);
		i += 4;
		/* A pair of surrogates, only if the second comes at once. */
		if (n > 1 && out[n - 1] >> 10 == 0x37 && out[n - 2] >> 10 == 0x36 && i >= 12 &&
		    text[i - 12] == '\\' && text[i - 11] == 'u') {
			out[n - 2] = 0x10000 + ((out[n - 2] & 0x3ff) << 10) + (out[n - 1] & 0x3ff);
			n--;
		}
	}
	for (size_t i = 0; out && i < n; i++) {
		if (out[i] >= 0xd800 && out[i] < 0xe000)
			goto bad;
		out[i] = out[i] == 0 ? 0x110000 : out[i];
	}
	if (out)
		out[n] = 0;
	return out;
bad:
	free(out);
	return NULL;
}

static bool
strict_same(const struct token *a, const struct token *b)
{
	uint32_t *x = strict_string(a->text, a->len), *y = strict_string(b->text, b->len);
	size_t i = 0;
	while (x[i] && x[i] == y[i])
		i++;
	bool same = x[i] == y[i];
	free(x);
	free(y);
	return same;
}

static bool
strict_is(const struct token *t, const char *word)
{
	struct token w = {'s', word, strlen(word)};
	return t->kind == 's' && strict_same(t, &w);
}

/* Cuts the text into tokens. */
static bool
strict_tokens(struct strict *s, const char *p, const char *end)
{
	s->tokens = calloc((size_t)(end - p) + 2, sizeof *s->tokens);
	while (s->tokens && p < end) {
		struct token t = {*p, p, 1};
		if (memchr(" \t\r\n", *p, 4)) {
			p++;
			continue;
		}
		if (*p == '"') {
			t.text++;
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\' && p + 1 < end;
			if (p >= end)
				return false;
			t.kind = 's';
			t.len = (size_t)(p++ - t.text);
			uint32_t *decoded = strict_string(t.text, t.len);
			free(decoded);
			if (!decoded)
				return false;
		} else if (memchr("{}[]:,", *p, 6)) {
			p++;
		} else {
			while (p < end && !memchr(" \t\r\n{}[]:,\"", *p, 11))
				p++;
			t.len = (size_t)(p - t.text);
			t.kind = memchr("tfn", *t.text, 3) ? 'w' : 'n';
		}
		s->tokens[s->count++] = t;
	}
	return s->tokens != NULL;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool
strict_number(const char *p, size_t len)
{
	enum { MINUS, FIRST, ZERO, INTEGER, POINT, FRACTION, E, SIGN, EXPONENT, BAD } state = MINUS;
	for (size_t i = 0; i < len; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9', e = p[i] == 'e' || p[i] == 'E';
		if (state == MINUS && p[i] == '-')
			state = FIRST;
		else if (state <= FIRST && digit)
			state = p[i] == '0' ? ZERO : INTEGER;
		else if (digit && (state == INTEGER || state >= POINT))
			state = state == INTEGER    ? INTEGER
			        : state <= FRACTION ? FRACTION
			                            : EXPONENT;
		else if (p[i] == '.' && (state == ZERO || state == INTEGER))
			state = POINT;
		else if (e && (state == ZERO || state == INTEGER || state == FRACTION))
			state = E;
		else if ((p[i] == '+' || p[i] == '-') && state == E)
			state = SIGN;
		else
			return false;
	}
	return state == ZERO || state == INTEGER || state == FRACTION || state == EXPONENT;
}

/* The number of the token behind the value that starts at i, or 0 without a value. */
static size_t
strict_value(const struct strict *s, size_t i, int depth)
{
	const struct token *t = &s->tokens[i];
	char close = t->kind == '{' ? '}' : ']';
	if (t->kind == 'w')
		return (t->len == 4 && memcmp(t->text, "true", 4) == 0) ||
		               (t->len == 5 && memcmp(t->text, "false", 5) == 0) ||
		               (t->len == 4 && memcmp(t->text, "null", 4) == 0)
		           ? i + 1
		           : 0;
	if (t->kind == 'n')
		return strict_number(t->text, t->len) ? i + 1 : 0;
	if (t->kind == 's')
		return i + 1;
	if ((t->kind != '{' && t->kind != '[') || depth > 127)
		return 0;
	if (s->tokens[++i].kind == close)
		return i + 1;
	for (;; i++) {
		if (close == '}' && (s->tokens[i].kind != 's' || s->tokens[i + 1].kind != ':'))
			return 0;
		i = strict_value(s, close == '}' ? i + 2 : i, depth + 1);
		if (i == 0 || s->tokens[i].kind != ',')
			return i > 0 && s->tokens[i].kind == close ? i + 1 : 0;
	}
}

/* A whole number of 64 bits. */
static bool
strict_whole(const struct token *t, uint64_t *n)
{
	*n = 0;
	if (t->kind != 'n' || t->len > 20)
		return false;
	for (size_t i = 0; i < t->len; i++) {
		if (t->text[i] < '0' || t->text[i] > '9')
			return false;
		unsigned digit = (unsigned)(t->text[i] - '0');
		if (*n > (UINT64_MAX - digit) / 10)
			return false;
		*n = *n * 10 + digit;
	}
	return true;
}

/* Elements of the numbers of an array that starts at t; false if it holds others. They may be more than can
 * be counted. */
static bool
strict_shape(const struct token *t, uint64_t *elements, bool *countable)
{
	bool empty = false, many = false;
	*elements = 1;
	for (t++; t[-1].kind != ']' && t->kind != ']'; t += 2) {
		uint64_t n;
		if (!strict_whole(t, &n))
			return false;
		empty |= n == 0;
		many |= n > 0 && *elements > UINT64_MAX / n;
		*elements *= n > 0 ? n : 1;
		if (t[1].kind == ']')
			break;
	}
	if (empty)
		*elements = 0;
	*countable = empty || !many;
	return true;
}

/* Whether so many elements of `bits` bits each are just `bytes` bytes. */
static bool
strict_fills(uint64_t elements, unsigned bits, uint64_t bytes)
{
	uint64_t eighth = elements / 8, rest = elements % 8 * bits;
	return rest % 8 == 0 && eighth <= (UINT64_MAX - rest / 8) / bits &&
	       eighth * bits + rest / 8 == bytes;
}

struct strict_range {
	uint64_t begin, end;
	bool filled; /* by the elements */
};

static const struct strict_dtype {
	const char *name;
	unsigned bits;
} strict_dtypes[] = {{"F64", 64}, {"F32", 32}, {"F16", 16}, {"BF16", 16}, {"I64", 64}, {"I32", 32},
    {"I16", 16}, {"I8", 8}, {"U8", 8}, {"BOOL", 8}, {"U16", 16}, {"U32", 32}, {"U64", 64},
    {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
    {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4}, {"C64", 64}};

/* "U8" or {"U8": null} at t. */
static unsigned
strict_bits(const struct token *t)
{
	if (t[0].kind == '{') {
		if (t[1].kind != 's' || t[2].kind != ':' || t[3].kind != 'w' || t[3].len != 4 ||
		    memcmp(t[3].text, "null", 4) != 0 || t[4].kind != '}')
			return 0;
		t++;
	}
	for (size_t d = 0; d < sizeof strict_dtypes / sizeof *strict_dtypes; d++) {
		if (strict_is(t, strict_dtypes[d].name))
			return strict_dtypes[d].bits;
	}
	return 0;
}

/* The places of the fields dtype, shape and data_offsets of the tensor at token i: an object that
 * has each once, or an array of just these. */
static bool
strict_fields(const struct strict *s, size_t i, const struct token *fields[3])
{
	const struct token *t = s->tokens;
	static const char *const names[3] = {"dtype", "shape", "data_offsets"};
	if (t[i].kind == '[') {
		for (int f = 0; f < 3; f++) {
			if (t[i].kind != (f == 0 ? '[' : ',') || t[i + 1].kind == ']')
				return false;
			fields[f] = &t[i + 1];
			i = strict_value(s, i + 1, 3);
		}
		return t[i].kind == ']';
	}
	if (t[i].kind != '{')
		return false;
	while (t[i].kind != '}' && t[i + 1].kind != '}') {
		for (int f = 0; f < 3; f++) {
			if (!strict_is(&t[i + 1], names[f]))
				continue;
			if (fields[f])
				return false;
			fields[f] = &t[i + 3];
		}
		i = strict_value(s, i + 3, 3);
	}
	return fields[0] && fields[1] && fields[2];
}

/* A tensor at token i. Whether its fields agree is asked of the last one of a name. */
static bool
strict_tensor(const struct strict *s, size_t i, struct strict_range *range)
{
	const struct token *fields[3] = {NULL}, *t;
	uint64_t elements;
	bool countable;
	if (!strict_fields(s, i, fields) || fields[1]->kind != '[')
		return false;
	unsigned bits = strict_bits(fields[0]);
	t = fields[2];
	if (bits == 0 || !strict_shape(fields[1], &elements, &countable) || t[0].kind != '[' ||
	    !strict_whole(&t[1], &range->begin) || t[2].kind != ',' ||
	    !strict_whole(&t[3], &range->end) || t[4].kind != ']')
		return false;
	range->filled = countable && range->end >= range->begin &&
	                strict_fills(elements, bits, range->end - range->begin);
	return true;
}

/* null, or a map of strings to strings, at token i. */
static bool
strict_metadata(const struct strict *s, size_t i)
{
	const struct token *t = &s->tokens[i];
	if (t->kind == 'w')
		return memcmp(t->text, "nul", 3) == 0;
	if (t->kind != '{' || t[1].kind == '}')
		return t->kind == '{';
	for (; t->kind != '}'; t += 4) {
		if (t[3].kind != 's')
			return false;
	}
	return true;
}

/* The ranges cover the data, each byte once; empty ones lie where another begins or ends. */
static bool
strict_cover(const struct strict_range *ranges, size_t count, uint64_t data_len)
{
	uint64_t at = 0;
	size_t used = 0;
	for (bool found = true; found;) {
		found = false;
		for (size_t i = 0; i < count; i++) {
			if (ranges[i].begin != at || ranges[i].end == at)
				continue;
			at = ranges[i].end;
			used++;
			found = true;
		}
	}
	for (size_t i = 0; i < count; i++) {
		bool touches = ranges[i].begin == 0;
		if (ranges[i].begin != ranges[i].end)
			continue;
		for (size_t k = 0; k < count; k++)
			touches |= ranges[k].begin < ranges[k].end &&
			           ranges[k].end == ranges[i].begin;
		used += touches;
	}
	return used == count && at == data_len;
}

static bool
strict_members(const struct strict *s)
{
	const struct token *t = s->tokens;
	struct strict_range *ranges = calloc(s->count + 1, sizeof *ranges);
	size_t *names = calloc(s->count + 1, sizeof *names);
	size_t tensors = 0, metadata = 0;
	bool fine = ranges && names;
	for (size_t i = 0; fine && t[i].kind != '}' && t[i + 1].kind != '}';) {
		size_t k = 0;
		if (strict_is(&t[i + 1], "__metadata__")) {
			fine = metadata++ == 0 && strict_metadata(s, i + 3);
		} else {
			while (k < tensors && !strict_same(&t[names[k]], &t[i + 1]))
				k++;
			tensors += k == tensors;
			names[k] = i + 1;
			fine = strict_tensor(s, i + 3, &ranges[k]);
		}
		i = strict_value(s, i + 3, 2);
	}
	for (size_t k = 0; fine && k < tensors; k++)
		fine = ranges[k].filled;
	fine = fine && strict_cover(ranges, tensors, s->data_len);
	free(ranges);
	free(names);
	return fine;
}

/* Whether a blob with that header and so many bytes of data behind it is valid. */
static bool
strict_header(const char *text, size_t len, uint64_t data_len)
{
	struct strict s = {.data_len = data_len};
	bool fine = strict_tokens(&s, text, text + len) && s.tokens[0].kind == '{' &&
	            strict_value(&s, 0, 1) == s.count && strict_members(&s);
	free(s.tokens);
	return fine;
}

#endif
