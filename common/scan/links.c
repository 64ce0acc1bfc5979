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

bool
links_resolve(const struct links *links, const char *path, struct buf *target)
{
	int hops = 0;
	char *at = xstrdup(path);
	/* Each directory of the path may be a link, and so may its last part. */
	for (size_t end = 0; at[end] && hops <= HOPS_MAX;) {
		end += strcspn(at + end, "/");
		char after = at[end];
		at[end] = '\0';
		const struct link *link = links_find(links, at);
		at[end] = after;
		if (link && link->to) {
			/* The top of the archive is the empty path. */
			const char *rest = at + end + (after == '/');
			char *next = *rest ? path_join(link->to, rest) : xstrdup(link->to);
			free(at);
			at = next;
			end = 0;
			hops = strlen(at) < PATH_MAX ? hops + 1 : HOPS_MAX + 1;
		} else {
			end += after != '\0';
		}
	}
	target->len = 0;
	buf_add(target, at, strlen(at) + 1);
	free(at);
	return hops <= HOPS_MAX;
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
