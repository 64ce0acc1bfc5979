#include "store/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *
paths_join(const char *path, const char *tail)
{
	size_t size = strlen(path) + strlen(tail) + 1;
	char *s = malloc(size);
	if (s)
		snprintf(s, size, "%s%s", path, tail);
	return s;
}

/* The directory that a path lies in. */
static char *
parent(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	if (len == 0)
		return paths_join(".", "");
	char *s = paths_join(path, "");
	if (s)
		s[len] = '\0';
	return s;
}

int
store_paths_make(struct store_paths *p, const char *path, bool single)
{
	p->directory = single ? parent(path) : paths_join(path, "");
	p->data = paths_join(path, single ? "" : "/data.mdb");
	p->lock = paths_join(path, single ? "-lock" : "/lock.mdb");
	p->incomplete = paths_join(path, single ? "-incomplete" : "/incomplete");
	return p->directory && p->data && p->lock && p->incomplete ? 0 : -1;
}

void
store_paths_free(struct store_paths *p)
{
	free(p->directory);
	free(p->data);
	free(p->lock);
	free(p->incomplete);
	*p = (struct store_paths){0};
}
