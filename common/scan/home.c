#include "scan/home.h"

#include "base/error.h"

#include <string.h>

/* The length of a home, which is the start of a directory's path: each slash of the pattern is a
 * level above the directory of the files. Above the root of an archive there is only "". */
static size_t
home_len(const struct rule_line *line, const char *directory)
{
	size_t len = strlen(directory);
	for (unsigned levels = line->pattern.slashes; levels > 0 && len > 0; levels--) {
		while (len > 0 && directory[--len] != '/')
			;
	}
	return len;
}

bool
home_same(
    const struct rule_line *line, const struct assembled_dir *a, const struct assembled_dir *b)
{
	if (a == b)
		return true;
	size_t len = home_len(line, a->given);
	return home_len(line, b->given) == len && memcmp(a->given, b->given, len) == 0;
}

static size_t
home_depth(const char *path, size_t len)
{
	size_t depth = 0;
	for (size_t i = 0; i < len; i++)
		depth += path[i] == '/';
	return depth;
}

/* Appends the remedy: the pattern, begun with so many folders that two homes become one. Nothing
 * if no pattern does that. */
static void
home_join(const struct rule_line *line, const char *a, const char *b, struct buf *out)
{
	static const char words[] = "; to join them, begin the pattern with the folder: '";
	size_t len = home_len(line, a), depth = home_depth(a, len);
	if (depth != home_depth(b, home_len(line, b)))
		return;
	for (size_t i = 0; i < len && a[i] == b[i]; i++)
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
