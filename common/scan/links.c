#include "scan/links.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { HOPS_MAX = 40 /* links in one path, as Linux allows */ };

static uint32_t *
links_bucket(const struct links *l, const char *path, size_t len)
{
	return &l->index[(size_t)hash_bytes(path, len) & (l->capacity - 1)];
}

static void
links_enter(struct links *l, uint32_t number)
{
	const char *path = links_path(l, number);
	uint32_t *bucket = links_bucket(l, path, strlen(path));
	l->link[number - 1].next = *bucket;
	*bucket = number;
}

static void
links_grow(struct links *l)
{
	l->capacity = l->capacity ? 2 * l->capacity : 64;
	l->link = xreallocarray(l->link, l->capacity, sizeof *l->link);
	free(l->index);
	l->index = xcalloc(l->capacity, sizeof *l->index);
	for (uint32_t i = 1; i <= l->count; i++)
		links_enter(l, i);
}

uint32_t
links_find(const struct links *l, const char *path, size_t len)
{
	if (l->count == 0)
		return 0;
	uint32_t i = *links_bucket(l, path, len);
	for (; i != 0; i = l->link[i - 1].next) {
		const char *other = links_path(l, i);
		if (strncmp(other, path, len) == 0 && other[len] == '\0')
			break;
	}
	return i;
}

/* Appends a string to the text. Its offset is never 0. */
static size_t
links_text(struct links *l, const char *text)
{
	if (l->text.len == 0)
		buf_add(&l->text, "", 1);
	size_t at = l->text.len;
	buf_add(&l->text, text, strlen(text) + 1);
	return at;
}

uint32_t
links_get(struct links *l, const char *path)
{
	uint32_t number = links_find(l, path, strlen(path));
	if (number != 0)
		return number;
	if (l->count == l->capacity)
		links_grow(l);
	l->link[l->count++] = (struct link){.path = links_text(l, path)};
	links_enter(l, (uint32_t)l->count);
	return (uint32_t)l->count;
}

void
links_add(struct links *l, const char *path, const char *to)
{
	uint32_t number = links_get(l, path);
	l->link[number - 1].to = links_text(l, to);
}

const char *
links_path(const struct links *l, uint32_t number)
{
	return l->text.data + l->link[number - 1].path;
}

bool
links_resolve(const struct links *l, struct buf *path)
{
	struct buf rest = {0};
	int hops = 0;
	/* Each directory of the path may be a link, and so may its last part. */
	for (size_t end = 0; l->count > 0 && end < path->len;) {
		end += strcspn(path->data + end, "/");
		uint32_t number = links_find(l, path->data, end);
		if (number == 0 || l->link[number - 1].to == 0) {
			end++;
			continue;
		}
		if (++hops > HOPS_MAX)
			break;
		rest.len = path->len = 0;
		buf_add(&rest, path->data + end, strlen(path->data + end) + 1);
		const char *to = l->text.data + l->link[number - 1].to;
		buf_add(path, to, strlen(to));
		/* The top of the archive is the empty path. */
		size_t slash = path->len == 0 && rest.data[0] == '/';
		buf_add(path, rest.data + slash, rest.len - slash);
		path->len = strlen(path->data);
		end = 0;
	}
	buf_free(&rest);
	return hops <= HOPS_MAX;
}

void
links_free(struct links *l)
{
	buf_free(&l->text);
	free(l->link);
	free(l->index);
	*l = (struct links){0};
}
