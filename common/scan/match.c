#include "scan/match.h"

#include "base/alloc.h"
#include "base/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct matcher_line {
	const struct rule_line *line;
	size_t rule;
};

struct matcher {
	struct matcher_line *line;
	size_t line_count;
	struct buf path;
};

size_t
match_stem(const char *name)
{
	size_t len = strlen(name);
	if (len > 4 && strcasecmp(name + len - 4, ".tif") == 0)
		return len - 4;
	if (len > 5 && strcasecmp(name + len - 5, ".tiff") == 0)
		return len - 5;
	return 0;
}

bool
match_is_companion(const char *name)
{
	return strncmp(name, "._", 2) == 0;
}

bool
match_is_windows_path(const char *name)
{
	const char *p = name;
	while (*p && (unsigned char)*p >= 0x20)
		p++;
	return *p == '\0' && strchr(name, '\\');
}

const char *
match_tail(const struct buf *path, unsigned slashes)
{
	for (const char *p = path->data + path->len - 1; p > path->data; p--) {
		if (p[-1] == '/' && slashes-- == 0)
			return p;
	}
	return NULL;
}

struct matcher *
matcher_new(const struct rule *const *rules, size_t count)
{
	struct matcher *m = xcalloc(1, sizeof *m);
	size_t lines = 0;
	for (size_t i = 0; i < count; i++)
		lines += rules[i]->line_count;
	m->line = xcalloc(lines, sizeof *m->line);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < rules[i]->line_count; k++)
			m->line[m->line_count++] = (struct matcher_line){rules[i]->line[k], i};
	}
	return m;
}

/* Whether a line whose pattern matched takes the file: its band may be another. A later line may
 * take it then. */
static bool
match_band(const struct matcher_line *l, size_t number, struct match *match)
{
	const struct rule_line *line = l->line;
	long band = 0;
	if (line->capture > 0)
		band = line_band(
		    line, match->captures.start[line->capture], match->captures.len[line->capture]);
	match->other_band |= band < 0;
	if (band < 0)
		return false;
	match->band = (size_t)band;
	match->line = line;
	match->rule = l->rule;
	match->number = number;
	return true;
}

void
match_set_path(struct buf *path, const char *dir, const char *name)
{
	size_t len = strlen(dir);
	path->len = 0;
	buf_add(path, dir, len);
	buf_add(path, "/", len == 0 || dir[len - 1] != '/');
	buf_add(path, name, match_stem(name));
	buf_add(path, "", 1);
}

/* Tries the file `name` of a directory, an absolute path. */
static void
matcher_try(struct matcher *m, const char *dir, const char *name, struct match *match)
{
	unsigned slashes = UINT_MAX;
	const char *tail = NULL;
	match_set_path(&m->path, dir, name);
	for (size_t i = 0; i < m->line_count; i++) {
		const struct regex *p = &m->line[i].line->pattern;
		if (p->slashes != slashes)
			tail = match_tail(&m->path, p->slashes);
		slashes = p->slashes;
		if (tail && regex_match(p, tail, strlen(tail), &match->captures) &&
		    match_band(&m->line[i], i, match))
			return;
	}
}

/* A link's own real path first: keys are those of the tree that it leads to. Then the
 * directory's, then the path as the user sees it, for trees of links whose targets are called
 * after a hash. */
void
matcher_file(struct matcher *m, const struct directory *dir, const char *name, const char *real,
    struct match *match)
{
	bool linked_dir = dir->path_as_given != dir->real;
	match->line = NULL;
	match->band = 0;
	match->other_band = false;
	if (real && match_stem(path_name(real)) > 0) {
		char *parent = path_parent(real);
		matcher_try(m, parent, path_name(real), match);
		free(parent);
	}
	if (!match->line && (!real || !linked_dir))
		matcher_try(m, dir->real, name, match);
	if (!match->line && linked_dir)
		matcher_try(m, dir->path_as_given, name, match);
}

size_t
matcher_lines(const struct matcher *m)
{
	return m->line_count;
}

void
matcher_free(struct matcher *m)
{
	if (!m)
		return;
	buf_free(&m->path);
	free(m->line);
	free(m);
}
