#include "scan/links.h"

#include "base/alloc.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS_MAX = 40 /* links in one path, as Linux allows */ };

static int
links_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The link whose path is a node of the tree. */
static struct link *
links_node(char *const *node)
{
	return node ? (struct link *)(void *)(*node - offsetof(struct link, path)) : NULL;
}

struct link *
links_find(const struct links *l, const char *path)
{
	return links_node(tfind(path, &l->tree, links_compare));
}

struct link *
links_get(struct links *l, const char *path)
{
	size_t size = strlen(path) + 1;
	struct link *link = links_find(l, path);
	if (link)
		return link;
	link = xcalloc(1, sizeof *link + size);
	memcpy(link->path, path, size);
	if (!tsearch(link->path, &l->tree, links_compare))
		alloc_failed();
	*(l->last ? &l->last->next : &l->first) = link;
	return l->last = link;
}

void
links_add(struct links *l, const char *path, const char *to)
{
	struct link *link = links_get(l, path);
	free(link->to);
	link->to = xstrdup(to);
}

/* The symbolic link that the first `len` bytes of a path are, or NULL. */
static const struct link *
links_prefix(const struct links *l, char *path, size_t len)
{
	char after = path[len];
	path[len] = '\0';
	const struct link *link = links_find(l, path);
	path[len] = after;
	return link && link->to ? link : NULL;
}

bool
links_resolve(const struct links *l, struct buf *path)
{
	int hops = 0;
	/* Each directory of the path may be a link, and so may its last part. */
	for (size_t end = 0; end < path->len && hops <= HOPS_MAX; end++) {
		end += strcspn(path->data + end, "/");
		const struct link *link = links_prefix(l, path->data, end);
		if (!link)
			continue;
		/* The top of the archive is the empty path. */
		const char *rest = path->data + end, *to = link->to;
		char *joined = xmalloc(strlen(to) + strlen(rest) + 1);
		strcpy(joined, to);
		strcat(joined, rest + (*to == '\0' && *rest == '/'));
		path->len = 0;
		buf_add(path, joined, strlen(joined) + 1);
		path->len--;
		free(joined);
		hops++;
		end = (size_t)-1; /* from its start again */
	}
	return hops <= HOPS_MAX;
}

void
links_free(struct links *l)
{
	for (struct link *link = l->first, *next; link; link = next) {
		next = link->next;
		tdelete(link->path, &l->tree, links_compare);
		free(link->to);
		free(link);
	}
	*l = (struct links){0};
}
