#include "scan/match.h"

#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

size_t
match_stem(const char *name)
{
	size_t len = name[0] == '.' && name[1] == '_' ? 0 : strlen(name);
	if (len > 4 && strcasecmp(name + len - 4, ".tif") == 0)
		return len - 4;
	if (len > 5 && strcasecmp(name + len - 5, ".tiff") == 0)
		return len - 5;
	return 0;
}

bool
match_is_windows_path(const char *name)
{
	const char *p = strchr(name, '\\') ? name : "\n";
	while ((unsigned char)*p >= 0x20)
		p++;
	return *p == '\0';
}

const char *
match_tail(const struct buf *path, unsigned slashes)
{
	for (const char *p = path->data + path->len; p > path->data; p--) {
		if (p[-1] == '/' && slashes-- == 0)
			return p;
	}
	return NULL;
}

void
match_set_path(struct buf *path, const char *dir, const char *name)
{
	path->len = 0;
	path_add(path, dir, name);
	path->len += match_stem(name) - strlen(name);
	path->data[path->len] = '\0';
}

/* Whether a line takes the file of a path: its band may be another. A later line may take it
 * then. */
static bool
match_line(const struct rule_line *l, const struct buf *path, struct match *match)
{
	const struct regex_match *m = &match->captures;
	const char *tail = match_tail(path, l->pattern.slashes);
	if (!tail || !regex_match(&l->pattern, tail, (size_t)(path->data + path->len - tail),
	                 &match->captures))
		return false;
	long band = l->capture ? line_band(l, m->start[l->capture], m->len[l->capture]) : 0;
	match->band = (size_t)band;
	return band >= 0;
}

/* Tries the file `name` of a directory, an absolute path. */
static void
match_try(struct matcher *m, const char *dir, const char *name, struct match *match)
{
	match_set_path(&m->path, dir, name);
	for (size_t i = 0; i < m->count; i++) {
		for (size_t k = 0; k < m->rules[i]->line_count; k++) {
			if (!match_line(m->rules[i]->line[k], &m->path, match))
				continue;
			match->line = m->rules[i]->line[k];
			return;
		}
	}
}

/* Whether a path is below the root of what is scanned, so that it is found at its own place. */
static bool
match_is_inside(const struct directory *dir, const char *real)
{
	size_t len = dir->root ? strlen(dir->root) : 0;
	return len > 0 && strncmp(real, dir->root, len) == 0 &&
	       (real[len] == '/' || dir->root[len - 1] == '/');
}

/* A link's own real path first: keys are those of the tree that it leads to. Then the
 * directory's, then the path as the user sees it, for trees of links whose targets are called
 * after a hash. */
void
match_file(struct matcher *m, const struct directory *dir, const char *name, const char *real,
    struct match *match)
{
	bool linked_dir = dir->path_as_given != dir->real, again = false;
	bool inside = dir->linked && match_is_inside(dir, dir->real);
	match->line = NULL;
	if (real && match_stem(path_name(real)) > 0) {
		char *parent = path_parent(real);
		match_try(m, parent, path_name(real), match);
		again = match->line && match_is_inside(dir, real);
		free(parent);
	}
	if (!match->line && (!real || !linked_dir || inside)) {
		match_try(m, dir->real, name, match);
		again = match->line && inside;
	}
	if (!match->line && linked_dir)
		match_try(m, dir->path_as_given, name, match);
	if (again)
		match->line = NULL;
}
