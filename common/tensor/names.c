#include "tensor/names.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_LEN_MAX = 1000 /* bytes of one name */,
	NUMBER_LEN = 16,
	RANGES_MAX = 16 /* in one item */
};

/* One {a..b}: numbers, padded with zeros to `width` if one end is written so. */
struct range {
	long first, last;
	int width;
};

/* Reads one end of a range, at most nine digits, up to `end`. */
static bool
read_number(const char *s, const char *end, long *value)
{
	size_t len = (size_t)(end - s);
	if (end <= s || len > 9 || strspn(s, "0123456789") < len)
		return false;
	*value = strtol(s, NULL, 10);
	return true;
}

/* Reads what stands between two braces. */
static bool
read_range(const char *s, const char *end, struct range *r)
{
	const char *dots = strstr(s, ".."), *b = dots ? dots + 2 : end;
	*r = (struct range){0};
	if (!dots || b > end)
		return false;
	/* The longer end sets the width, if one of them has a leading zero. */
	if ((dots - s > 1 && *s == '0') || (end - b > 1 && *b == '0'))
		r->width = (int)(dots - s > end - b ? dots - s : end - b);
	return read_number(s, dots, &r->first) && read_number(b, end, &r->last);
}

struct list {
	struct buf text; /* the names, each with a NUL */
	size_t count;
	char name[NAME_LEN_MAX + NUMBER_LEN]; /* the one that is being made */
};

static int
add_name(struct list *l, size_t len, struct error *why)
{
	if (len == 0)
		return error_set(why, "a tensor name is empty");
	if (l->count == NAMES_MAX)
		return error_set(why, "more than %d tensor names", NAMES_MAX);
	buf_add(&l->text, l->name, len);
	buf_add(&l->text, "", 1);
	l->count++;
	return 0;
}

/* Adds the names that begin with the `len` bytes of l->name; `item` is the rest, from which the
 * last range counts first, as in the shell. `ranges` are those before it. */
static int
expand(struct list *l, size_t len, const char *item, unsigned ranges, struct error *why)
{
	size_t plain = strcspn(item, "{");
	const char *open = item + plain, *close = strchr(open, '}');
	struct range r;
	if (len + plain > NAME_LEN_MAX)
		return error_set(why, "a tensor name is longer than %d bytes", NAME_LEN_MAX);
	memcpy(l->name + len, item, plain);
	len += plain;
	if (!*open)
		return add_name(l, len, why);
	if (!close || !read_range(open + 1, close, &r))
		return error_set(
		    why, "'%.60s': a brace must contain a range, such as B{1..224}", item);
	if (ranges == RANGES_MAX)
		return error_set(why, "a tensor name has more than %d ranges", RANGES_MAX);
	long step = r.first <= r.last ? 1 : -1;
	for (long value = r.first; value != r.last + step; value += step) {
		int n = snprintf(l->name + len, NUMBER_LEN, "%0*ld", r.width, value);
		if (expand(l, len + (size_t)n, close + 1, ranges + 1, why) != 0)
			return -1;
	}
	return 0;
}

int
names_check_unique(const char **names, size_t count, const char *what, struct error *why)
{
	qsort(names, count, sizeof *names, compare_strings);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			return error_set(why, "duplicate %s '%s'", what, names[i]);
	}
	return 0;
}

static int
check_text(const char *text, size_t len, struct error *why)
{
	if (len == 0)
		return error_set(why, "no tensor names");
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_sequence((const unsigned char *)text + i, len - i);
		if (n == 0)
			return error_set(why, "tensor names are not UTF-8");
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return error_set(why, "tensor names contain a control character");
	}
	return 0;
}

/* Expands the items between the commas. */
static int
expand_list(struct list *l, char *text, struct error *why)
{
	for (char *item = text, *next; item; item = next) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		if (expand(l, 0, item, 0, why) != 0)
			return -1;
	}
	return 0;
}

int
names_parse(const char *text, size_t len, struct names *n, struct error *why)
{
	struct list l = {.count = 0};
	*n = (struct names){0};
	if (check_text(text, len, why) != 0)
		return -1;
	char *copy = xstrndup(text, len);
	int status = expand_list(&l, copy, why);
	free(copy);
	n->text = l.text.data;
	n->count = l.count;
	n->name = xcalloc(l.count, sizeof *n->name);
	n->sorted = xcalloc(l.count, sizeof *n->sorted);
	const char *at = n->text;
	for (size_t i = 0; i < l.count; i++, at += strlen(at) + 1) {
		n->name[i] = at;
		n->sorted[i] = (struct named){at, i};
	}
	qsort(n->sorted, l.count, sizeof *n->sorted, compare_strings);
	for (size_t i = 1; status == 0 && i < l.count; i++) {
		if (strcmp(n->sorted[i - 1].name, n->sorted[i].name) == 0)
			status = error_set(why, "duplicate tensor name '%s'", n->sorted[i].name);
	}
	if (status == 0 && names_find(n, "__metadata__") >= 0)
		status = error_set(why, "'__metadata__' is reserved by the safetensors format");
	if (status != 0)
		names_free(n);
	return status;
}

bool
names_is_open(const char *text, size_t len)
{
	const char *open = memchr(text, '{', len);
	const char *brace = open ? memchr(open, '}', len - (size_t)(open - text)) : NULL;
	return brace && brace - open >= 3 && memcmp(brace - 2, "..", 2) == 0 &&
	       !memchr(text, ',', len) && !memchr(text, '\0', len);
}

int
names_parse_open(const char *text, size_t len, size_t bands, struct names *n, struct error *why)
{
	char *item = xstrndup(text, len), *open = strchr(item, '{');
	char *dots = open ? strstr(open, "..}") : NULL;
	struct buf closed = {0};
	long first = 0;
	int status = -1;
	if (!dots || dots - open > 6 || strpbrk(open + 1, "{,") ||
	    !read_number(open + 1, dots, &first)) {
		error_set(
		    why, "'%.60s': an open list is one name with one number, such as B{1..}", item);
	} else if (bands == 0) {
		error_set(why, "no bands");
	} else {
		buf_addf(&closed, "%.*s%zu%s", (int)(dots + 2 - item), item,
		    (size_t)first + bands - 1, dots + 2);
		status = names_parse(closed.data, closed.len, n, why);
	}
	buf_free(&closed);
	free(item);
	return status;
}

long
names_find(const struct names *n, const char *name)
{
	const struct named *found = NULL;
	if (n->count > 0)
		found = bsearch(&name, n->sorted, n->count, sizeof *n->sorted, compare_strings);
	return found ? (long)found->place : -1;
}

void
names_free(struct names *n)
{
	free(n->name);
	free(n->sorted);
	free(n->text);
	*n = (struct names){0};
}
