#include "tensor/names.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_LEN_MAX = 1000 /* bytes of one name */
};

/* One {a..b}: numbers, padded with zeros to `width` if one end is written so, or letters. */
struct range {
	long first, last;
	int width;
	bool letters;
};

/* Reads one end of a range, at most nine digits. Returns false if it is none. */
static bool
range_end(const char *s, size_t len, long *value, struct range *r)
{
	size_t sign = len > 0 && s[0] == '-';
	size_t digits = len - sign;
	if (digits < 1 || digits > 9)
		return false;
	long n = 0;
	for (size_t i = sign; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		n = n * 10 + (s[i] - '0');
	}
	*value = sign ? -n : n;
	if (digits > 1 && s[sign] == '0' && (int)len > r->width)
		r->width = (int)len;
	return true;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads what stands between the braces. */
static bool
range_parse(const char *s, size_t len, struct range *r)
{
	*r = (struct range){0};
	size_t dots = 0;
	while (dots + 1 < len && !(s[dots] == '.' && s[dots + 1] == '.'))
		dots++;
	if (dots + 1 >= len)
		return false;
	const char *b = s + dots + 2;
	size_t b_len = len - dots - 2;
	if (dots == 1 && b_len == 1 && is_letter(*s) && is_letter(*b)) {
		*r = (struct range){.first = *s, .last = *b, .letters = true};
		return true;
	}
	/* The longer end sets the width only if one of them has a leading zero. */
	if (!range_end(s, dots, &r->first, r) || !range_end(b, b_len, &r->last, r))
		return false;
	if (r->width > 0) {
		size_t longest = dots > b_len ? dots : b_len;
		r->width = (int)longest;
	}
	return true;
}

struct list {
	struct buf text; /* the names, each with a NUL */
	size_t count;
};

static int
add_name(struct list *l, const char *name, size_t len, struct error *why)
{
	if (len == 0)
		return error_set(why, "a tensor name is empty");
	if (len > NAME_LEN_MAX)
		return error_set(why, "a tensor name is longer than %d bytes", NAME_LEN_MAX);
	if (++l->count > NAMES_MAX)
		return error_set(why, "more than %d tensor names", NAMES_MAX);
	if (buf_add(&l->text, name, len) != 0 || buf_add(&l->text, "", 1) != 0)
		return error_set(why, "out of memory");
	return 0;
}

/* Adds `done` (already expanded) followed by every expansion of `rest`. Recursion is as deep as
 * there are braces, and NAMES_MAX bounds its breadth. */
static int
expand(struct list *l, const char *done, size_t done_len, const char *rest, size_t len,
    struct error *why)
{
	char name[NAME_LEN_MAX + 1];
	const char *open = memchr(rest, '{', len);
	size_t plain = open ? (size_t)(open - rest) : len;
	if (done_len + plain > NAME_LEN_MAX)
		return error_set(why, "a tensor name is longer than %d bytes", NAME_LEN_MAX);
	memcpy(name, done, done_len);
	memcpy(name + done_len, rest, plain);
	done_len += plain;
	if (!open)
		return add_name(l, name, done_len, why);

	const char *close = memchr(open, '}', len - plain);
	struct range r;
	if (!close || !range_parse(open + 1, (size_t)(close - open - 1), &r))
		return error_set(why, "'%.*s': a brace must hold a range, as in B{1..224}",
		    len > 60 ? 60 : (int)len, rest);
	const char *tail = close + 1;
	size_t tail_len = len - (size_t)(tail - rest);
	long step = r.first <= r.last ? 1 : -1;
	for (long i = r.first;; i += step) {
		char number[24];
		int n = r.letters ? snprintf(number, sizeof number, "%c", (int)i)
		                  : snprintf(number, sizeof number, "%0*ld", r.width, i);
		if (done_len + (size_t)n > NAME_LEN_MAX)
			return error_set(
			    why, "a tensor name is longer than %d bytes", NAME_LEN_MAX);
		memcpy(name + done_len, number, (size_t)n);
		if (expand(l, name, done_len + (size_t)n, tail, tail_len, why) != 0)
			return -1;
		if (i == r.last)
			return 0;
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
names_check_unique(const char **names, size_t count, struct error *why)
{
	qsort(names, count, sizeof *names, compare);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			return error_set(why, "tensor name '%s' comes twice", names[i]);
	}
	return 0;
}

static int
check_text(const char *text, size_t len, struct error *why)
{
	if (len == 0)
		return error_set(why, "no tensor names");
	if (utf8_valid_until(text, len) != len)
		return error_set(why, "tensor names are not UTF-8");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return error_set(why, "tensor names hold a control character");
	}
	return 0;
}

int
names_parse(const char *text, size_t len, struct names *n, struct error *why)
{
	struct list l = {0};
	*n = (struct names){0};
	if (check_text(text, len, why) != 0)
		return -1;
	for (const char *p = text, *end = text + len; p <= end;) {
		const char *comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
		size_t part = (size_t)((comma ? comma : end) - p);
		if (expand(&l, "", 0, p, part, why) != 0)
			goto fail;
		p += part + 1;
	}
	/* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): check_text refused '' */
	n->name = malloc(l.count * sizeof *n->name);
	const char **sorted = malloc(l.count * sizeof *sorted);
	if (!n->name || !sorted) {
		free(sorted);
		error_set(why, "out of memory");
		goto fail;
	}
	n->text = l.text.data;
	n->count = l.count;
	const char *at = n->text;
	for (size_t i = 0; i < l.count; i++, at += strlen(at) + 1)
		n->name[i] = sorted[i] = at;
	int bad = names_check_unique(sorted, l.count, why);
	free(sorted);
	if (bad)
		goto fail;
	if (names_find(n, "__metadata__") >= 0) {
		error_set(why, "'__metadata__' is reserved by the safetensors format");
		goto fail;
	}
	return 0;
fail:
	free(n->name);
	buf_free(&l.text);
	*n = (struct names){0};
	return -1;
}

long
names_find(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++) {
		if (strcmp(n->name[i], name) == 0)
			return (long)i;
	}
	return -1;
}

void
names_free(struct names *n)
{
	free(n->name);
	free(n->text);
	*n = (struct names){0};
}
