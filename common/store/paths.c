#include "store/paths.h"

#include "base/alloc.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* DB/NAME, or with `single` DB-SUFFIX. */
static char *
file_path(const struct store_paths *p, const char *name, const char *suffix)
{
	if (!p->single)
		return path_join(p->path, name);
	size_t size = strlen(p->path) + strlen(suffix) + 1;
	char *s = xmalloc(size);
	snprintf(s, size, "%s%s", p->path, suffix);
	return s;
}

void
store_paths_make(struct store_paths *p, const char *path, bool single)
{
	*p = (struct store_paths){.path = xstrdup(path), .single = single};
	p->directory = single ? path_parent(path) : xstrdup(path);
	p->marker = file_path(p, "incomplete", "-incomplete");
	p->claim = file_path(p, "claim", "-claim");
	p->data = (struct store_file){.env = xstrdup(path),
	    .data = file_path(p, "data.mdb", ""),
	    .lock = file_path(p, "lock.mdb", "-lock"),
	    .subdir = !single};
	p->loading = (struct store_file){.env = file_path(p, "loading.mdb", "-loading"),
	    .data = file_path(p, "loading.mdb", "-loading"),
	    .lock = file_path(p, "loading.mdb-lock", "-loading-lock")};
}

static void
free_file(struct store_file *f)
{
	free(f->env);
	free(f->data);
	free(f->lock);
}

void
store_paths_free(struct store_paths *p)
{
	free_file(&p->data);
	free_file(&p->loading);
	free(p->path);
	free(p->directory);
	free(p->marker);
	free(p->claim);
	*p = (struct store_paths){.path = NULL};
}
