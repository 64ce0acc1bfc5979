#include "store/paths.h"

#include "base/alloc.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

enum { DATA, LOCK, LOADING, LOADING_LOCK, MARKER, CLAIM, SORTING };

static const struct {
	const char *name, *suffix;
} files[STORE_FILES] = {
    [DATA] = {"data.mdb", ""},
    [LOCK] = {"lock.mdb", "-lock"},
    [LOADING] = {"loading.mdb", "-loading"},
    [LOADING_LOCK] = {"loading.mdb-lock", "-loading-lock"},
    [MARKER] = {"incomplete", "-incomplete"},
    [CLAIM] = {"claim", "-claim"},
    [SORTING] = {".sort.tmp", "-sort.tmp"},
};

void
store_paths_make(struct store_paths *p, const char *path, bool single)
{
	*p = (struct store_paths){.path = xstrdup(path), .single = single};
	p->directory = single ? path_parent(path) : xstrdup(path);
	for (int i = 0; i < STORE_FILES; i++) {
		struct buf file = {0};
		if (single)
			buf_addf(&file, "%s%s", path, files[i].suffix);
		p->all[i] = single ? file.data : path_join(path, files[i].name);
	}
	p->marker = p->all[MARKER];
	p->claim = p->all[CLAIM];
	p->sorting = p->all[SORTING];
	p->data = (struct store_file){p->path, p->all[DATA], p->all[LOCK], !single};
	p->loading = (struct store_file){
	    p->all[LOADING], p->all[LOADING], p->all[LOADING_LOCK], false};
}

bool
store_paths_know(const char *name)
{
	for (int i = 0; i < STORE_FILES; i++) {
		if (strcmp(name, files[i].name) == 0)
			return true;
	}
	return false;
}

void
store_recover_command(const struct store_paths *p, const char *option, struct buf *command)
{
	buf_addf(command, "rsenc-load --recover%s%s", option, p->single ? " --single-file" : "");
	shell_quote(command, p->path);
}

void
store_paths_free(struct store_paths *p)
{
	for (int i = 0; i < STORE_FILES; i++)
		free(p->all[i]);
	free(p->path);
	free(p->directory);
	*p = (struct store_paths){.path = NULL};
}
