#include "scan/links.h"

#include "base/alloc.h"
#include "base/path.h"

#include <limits.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS_MAX = 40 /* links in one path, as Linux allows */ };

static int
link_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

struct link *
links_find(const struct links *links, const char *path)
{
	char *const *node = tfind(path, &links->tree, link_compare);
	return node ? (struct link *)(void *)(*node - offsetof(struct link, path)) : NULL;
}

struct link *
links_get(struct links *links, const char *path)
{
	size_t size = strlen(path) + 1;
	struct link *link = links_find(links, path);
	if (link)
		return link;
	link = xcalloc(1, sizeof *link + size);
	memcpy(link->path, path, size);
	if (!tsearch(link->path, &links->tree, link_compare))
		alloc_failed();
	*(links->last ? &links->last->next : &links->first) = link;
	return links->last = link;
}

/* Removes the last component of a path. False if there is none. */
static bool
path_up(struct buf *path)
{
	size_t len = path->len;
	while (path->len > 0 && path->data[--path->len] != '/')
		;
	return len > 0;
}

bool
links_resolve(const struct links *links, const char *path, struct buf *target)
{
	int hops = 0;
	bool inside = true;
	char *rest = xstrdup(path);
	target->len = 0;
	/* Each directory of the path may be a link, and so may its last part. */
	for (char *part = rest, *end; inside && *part; part = end + (*end == '/')) {
		end = part + strcspn(part, "/");
		size_t len = (size_t)(end - part), before = target->len;
		if (len == 0 || (len == 1 && *part == '.'))
			continue;
		if (len == 2 && memcmp(part, "..", 2) == 0) {
			inside = path_up(target);
			continue;
		}
		buf_addf(target, "%s%.*s", before > 0 ? "/" : "", (int)len, part);
		const struct link *link = links_find(links, target->data);
		if (!link || !link->to)
			continue;
		/* The top of the archive is its root directory, too. */
		target->len = *link->to == '/' ? 0 : before;
		char *next = path_join(link->to, end);
		inside = ++hops <= HOPS_MAX && strlen(next) < PATH_MAX;
		free(rest);
		end = rest = next;
	}
	buf_add(target, "", 1);
	free(rest);
	return inside;
}

void
links_free(struct links *links)
{
	for (struct link *link = links->first, *next; link; link = next) {
		next = link->next;
		tdelete(link->path, &links->tree, link_compare);
		free(link->to);
		free(link);
	}
	*links = (struct links){0};
}
