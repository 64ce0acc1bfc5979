#include "scan/links.h"

#include "base/alloc.h"
#include "base/path.h"

#include <limits.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { NESTED_MAX = 10000 /* paths through several links to one file: no more than a few */ };

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
		inside = ++hops <= LINKS_MAX && strlen(next) < PATH_MAX;
		free(rest);
		end = rest = next;
	}
	buf_add(target, "", 1);
	free(rest);
	return inside;
}

/* Whether no way goes through a link and then on as the last one did. */
static bool
ways_end(struct ways *w, const struct link *link)
{
	for (size_t i = 0; i < w->steps; i++) {
		const struct step *s = &w->step[i];
		if (strncmp(link->path, s->path, s->len) == 0 &&
		    (s->len == 0 || link->path[s->len] == '/'))
			return true;
	}
	w->nested += w->steps > 1;
	return w->steps == LINKS_MAX || w->nested > NESTED_MAX;
}

int
ways_next(struct ways *w, struct links *links, struct buf *path)
{
	while (w->steps > 0) {
		struct step *s = &w->step[w->steps - 1];
		const struct link *via = s->via;
		path->len = 0;
		if (via) {
			s->via = via->also;
			buf_addf(path, "%s", via->path);
			for (; s > w->step; s--)
				buf_addf(path, "%s", s->path + s->len);
			if (ways_end(w, via))
				return -1;
			buf_addf(path, "%s", s->path + s->len);
			w->step[w->steps++] = (struct step){via->path, strlen(via->path), NULL};
			return 1;
		}
		if (s->len == 0) {
			w->steps--;
			continue;
		}
		/* The next directory above. */
		while (s->len > 0 && s->path[--s->len] != '/')
			;
		buf_addf(path, "%.*s", (int)s->len, s->path);
		struct link *dir = links_find(links, path->data);
		if (dir) {
			dir->exists = true;
			s->via = dir->from;
		}
	}
	return 0;
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
