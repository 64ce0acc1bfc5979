#include "scan/home.h"

#include "base/error.h"

#include <string.h>

/* A home is the start of a directory's path: each slash of the pattern is a level above the
 * directory of the files. */
struct home {
	const char *path;
	size_t len;
	unsigned above; /* levels above the root of an archive, which is called "" */
};

static struct home
home_of(const struct rule_line *line, const char *directory)
{
	struct home h = {directory, strlen(directory), line->pattern.slashes};
	for (; h.above > 0 && h.len > 0; h.above--) {
		while (h.len > 0 && directory[--h.len] != '/')
			;
	}
	return h;
}

bool
home_same(
    const struct rule_line *line, const struct assembled_dir *a, const struct assembled_dir *b)
{
	if (a == b)
		return true;
	struct home h = home_of(line, a->given), k = home_of(line, b->given);
	return h.len == k.len && h.above == k.above && memcmp(h.path, k.path, h.len) == 0;
}

static size_t
home_depth(const struct home *h)
{
	size_t depth = 0;
	for (size_t i = 0; i < h->len; i++)
		depth += h->path[i] == '/';
	return depth;
}

/* Appends the remedy: the pattern, begun with so many folders that two homes become one. Nothing
 * if no pattern does that. */
static void
home_join(const struct rule_line *line, const char *a, const char *b, struct buf *out)
{
	static const char words[] = "; to join them, begin the pattern with the folder: '";
	struct home h = home_of(line, a), k = home_of(line, b);
	size_t depth = home_depth(&h);
	if (h.len == 0 || k.len == 0 || depth != home_depth(&k))
		return;
	for (size_t i = 0; i < h.len && a[i] == b[i]; i++)
		depth -= a[i] == '/';
	buf_add(out, words, sizeof words - 1);
	/* The slash before the first folder that differs is common to both. */
	for (depth++; depth > 0; depth--)
		buf_add(out, "[^/]+/", 6);
	buf_add(out, line->pattern_text, strlen(line->pattern_text));
	buf_add(out, "'", 1);
}

/* Two files of one line in different homes. False if there are none, or two files for one
 * tensor. */
static bool
home_find_two(const struct assembled *g, const struct assembled_file *two[2])
{
	bool found = false;
	for (size_t i = 1; i < g->count; i++) {
		const struct assembled_file *a = &g->files[i - 1], *b = &g->files[i];
		if (a->line != b->line)
			continue;
		if (a->band == b->band && strcmp(a->label, b->label) == 0)
			return false;
		if (!found && !home_same(a->line, a->dir, b->dir)) {
			two[a->order > b->order] = a;
			two[a->order < b->order] = b;
			found = true;
		}
	}
	return found;
}

bool
home_check(const struct assembled *g, struct buf *why)
{
	const struct assembled_file *two[2];
	struct error text;
	if (!home_find_two(g, two))
		return false;
	error_set(&text, "one line finds files below two directories, %s and %s: skipped",
	    two[0]->dir->path, two[1]->dir->path);
	buf_add(why, text.text, strlen(text.text));
	home_join(two[0]->line, two[0]->dir->given, two[1]->dir->given, why);
	buf_add(why, "", 1);
	return true;
}
