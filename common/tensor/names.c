#include "tensor/names.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_LEN_MAX = 1000, /* bytes of one name */
	RANGES_MAX = 16,     /* in one item: 2 to this power is more than NAMES_MAX */
	RANGE_TEXT = 24      /* bytes of a range's value, with its NUL */
};

/* One {a..b}: numbers, padded with zeros to `width` if one end is written so, or letters. */
struct range {
	long first, last;
	int width;
	bool letters;
};

/* Reads one end of a range, at most nine digits. */
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
range_is_letter(char c)
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
	if (dots == 1 && b_len == 1 && range_is_letter(*s) && range_is_letter(*b)) {
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

/* One item of a comma list: the text around its braces, and the ranges in them. */
struct item {
	char text[NAME_LEN_MAX]; /* without braces; a range of one value is text too */
	size_t len;
	struct item_range {
		struct range range;
		size_t at; /* where its values stand in the text */
		long value;
	} ranges[RANGES_MAX];
	size_t range_count;
};

struct list {
	struct buf text; /* the names, each with a NUL */
	size_t count;
};

static int
name_too_long(struct error *why)
{
	return error_set(why, "a tensor name is longer than %d bytes", NAME_LEN_MAX);
}

static int
too_many_names(struct error *why)
{
	return error_set(why, "more than %d tensor names", NAMES_MAX);
}

static int
item_add_text(struct item *it, const char *text, size_t len, struct error *why)
{
	if (len > sizeof it->text - it->len)
		return name_too_long(why);
	memcpy(it->text + it->len, text, len);
	it->len += len;
	return 0;
}

/* The value of a range as text. */
static size_t
range_text(const struct range *r, long value, char to[RANGE_TEXT])
{
	int len = r->letters ? snprintf(to, RANGE_TEXT, "%c", (int)value)
	                     : snprintf(to, RANGE_TEXT, "%0*ld", r->width, value);
	return (size_t)len;
}

static unsigned long
range_count(const struct range *r)
{
	return (unsigned long)labs(r->last - r->first) + 1;
}

static int
item_add_range(struct item *it, const struct range *r, struct error *why)
{
	char text[RANGE_TEXT];
	size_t len = range_text(r, r->first, text);
	if (r->first == r->last)
		return item_add_text(it, text, len, why);
	/* Each has two values or more: so many of them make more than NAMES_MAX names. */
	if (it->range_count == RANGES_MAX)
		return too_many_names(why);
	it->ranges[it->range_count++] = (struct item_range){*r, it->len, r->first};
	return 0;
}

static int
item_parse(struct item *it, const char *text, size_t len, struct error *why)
{
	const char *end = text + len;
	it->len = it->range_count = 0;
	for (const char *at = text; at < end;) {
		const char *open = memchr(at, '{', (size_t)(end - at));
		if (item_add_text(it, at, (size_t)((open ? open : end) - at), why) != 0)
			return -1;
		if (!open)
			break;
		const char *close = memchr(open, '}', (size_t)(end - open));
		struct range r;
		if (!close || !range_parse(open + 1, (size_t)(close - open - 1), &r))
			return error_set(why,
			    "'%.*s': a brace must contain a range, such as B{1..224}",
			    end - at > 60 ? 60 : (int)(end - at), at);
		if (item_add_range(it, &r, why) != 0)
			return -1;
		at = close + 1;
	}
	return it->len + it->range_count > 0 ? 0 : error_set(why, "a tensor name is empty");
}

/* The next values: the last range counts first, as in the shell. Returns false after the last. */
static bool
item_advance(struct item *it)
{
	for (size_t i = it->range_count; i-- > 0;) {
		struct item_range *r = &it->ranges[i];
		if (r->value != r->range.last) {
			r->value += r->range.first < r->range.last ? 1 : -1;
			return true;
		}
		r->value = r->range.first;
	}
	return false;
}

/* Adds the name that the item's current values make. */
static int
list_add_name(struct list *l, const struct item *it, struct error *why)
{
	char number[RANGE_TEXT];
	size_t start = l->text.len, from = 0;
	for (size_t i = 0; i < it->range_count; i++) {
		const struct item_range *r = &it->ranges[i];
		buf_add(&l->text, it->text + from, r->at - from);
		buf_add(&l->text, number, range_text(&r->range, r->value, number));
		from = r->at;
	}
	buf_add(&l->text, it->text + from, it->len - from);
	buf_add(&l->text, "", 1);
	if (l->text.len - 1 - start > NAME_LEN_MAX)
		return name_too_long(why);
	l->count++;
	return 0;
}

/* Adds every name of an item. Their number is known before the first is made, so that braces that
 * multiply cost nothing. They are counted up and not expanded recursively, which would need a call
 * for each brace. */
static int
list_add_item(struct list *l, const char *text, size_t len, struct error *why)
{
	struct item it; /* filled as far as it is used: most items are a few bytes long */
	unsigned long names = 1;
	if (item_parse(&it, text, len, why) != 0)
		return -1;
	for (size_t i = 0; i < it.range_count; i++) {
		unsigned long values = range_count(&it.ranges[i].range);
		if (values > NAMES_MAX / names)
			return too_many_names(why);
		names *= values;
	}
	if (names > NAMES_MAX - l->count)
		return too_many_names(why);
	do {
		if (list_add_name(l, &it, why) != 0)
			return -1;
	} while (item_advance(&it));
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
names_check_unique(const char **names, size_t count, struct error *why)
{
	qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			return error_set(why, "duplicate tensor name '%s'", names[i]);
	}
	return 0;
}

static int
names_check_text(const char *text, size_t len, struct error *why)
{
	if (len == 0)
		return error_set(why, "no tensor names");
	if (utf8_valid_until(text, len) != len)
		return error_set(why, "tensor names are not UTF-8");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return error_set(why, "tensor names contain a control character");
	}
	return 0;
}

/* Splits the list at its commas. */
static int
list_parse(struct list *l, const char *text, size_t len, struct error *why)
{
	if (names_check_text(text, len, why) != 0)
		return -1;
	for (const char *p = text, *end = text + len; p <= end;) {
		const char *comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
		size_t part = (size_t)((comma ? comma : end) - p);
		if (list_add_item(l, p, part, why) != 0)
			return -1;
		p += part + 1;
	}
	return 0;
}

int
names_parse(const char *text, size_t len, struct names *n, struct error *why)
{
	struct list l = {0};
	*n = (struct names){0};
	if (list_parse(&l, text, len, why) != 0) {
		buf_free(&l.text);
		return -1;
	}
	*n = (struct names){.text = l.text.data, .count = l.count};
	n->name = xreallocarray(NULL, l.count, sizeof *n->name);
	const char **sorted = xreallocarray(NULL, l.count, sizeof *sorted), *at = n->text;
	for (size_t i = 0; i < l.count; i++, at += strlen(at) + 1)
		n->name[i] = sorted[i] = at;
	int status = names_check_unique(sorted, l.count, why);
	free(sorted);
	if (status == 0 && names_find(n, "__metadata__") >= 0)
		status = error_set(why, "'__metadata__' is reserved by the safetensors format");
	if (status != 0)
		names_free(n);
	return status;
}

/* Where the "..}" of an open list stands, or NULL. */
static const char *
names_open_end(const char *text, size_t len)
{
	const char *brace = memchr(text, '}', len);
	bool open = brace && brace - text >= 2 && memcmp(brace - 2, "..", 2) == 0;
	return open && !memchr(text, ',', len) ? brace - 2 : NULL;
}

bool
names_is_open(const char *text, size_t len)
{
	return names_open_end(text, len) != NULL;
}

int
names_parse_open(const char *text, size_t len, size_t bands, struct names *n, struct error *why)
{
	const char *dots = names_open_end(text, len), *digits = dots;
	struct buf closed = {0};
	char last[RANGE_TEXT];
	while (dots && digits > text && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	if (!dots || digits == text || digits[-1] != '{' || dots - digits < 1 ||
	    dots - digits > 5 || memchr(dots, '{', len - (size_t)(dots - text)) ||
	    memchr(text, '{', (size_t)(digits - 1 - text)))
		return error_set(why,
		    "'%.*s': an open list is one name with one number, such as B{1..}",
		    len > 60 ? 60 : (int)len, text);
	int written = snprintf(
	    last, sizeof last, "%zu", (size_t)strtoul(digits, NULL, 10) + bands - 1);
	buf_add(&closed, text, (size_t)(dots + 2 - text));
	buf_add(&closed, last, (size_t)written);
	buf_add(&closed, dots + 2, len - (size_t)(dots + 2 - text));
	int status = bands > 0 ? names_parse(closed.data, closed.len, n, why)
	                       : error_set(why, "no bands");
	buf_free(&closed);
	return status;
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
