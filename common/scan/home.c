#include "scan/home.h"

#include "base/alloc.h"
#include "base/error.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* ---- the folders of a pattern that the key determines ---- */

/* One piece of a pattern: an escaped character, a bracket expression, or one character. Returns
 * what follows. */
static const char *
home_next(const char *p)
{
	if (*p == '\\' && p[1])
		return p + 2;
	if (*p++ != '[')
		return p;
	p += *p == '^';
	p += *p == ']';
	while (*p && *p != ']') {
		bool class = *p == '[' && p[1] && strchr(":.=", p[1]);
		const char *end = class ? strchr(p + 2, p[1]) : NULL;
		p = end && end[1] == ']' ? end + 2 : *p == '\\' && p[1] ? p + 2 : p + 1;
	}
	return *p ? p + 1 : p;
}

static bool
home_captures(const char *p)
{
	return *p == '(' && (p[1] != '?' || strncmp(p, "(?P<", 4) == 0);
}

/* What follows a group, which begins with '('. *captures grows by the groups that it is and
 * holds. */
static const char *
home_skip_group(const char *p, unsigned *captures, bool *slash)
{
	unsigned depth = 0;
	do {
		*captures += home_captures(p);
		*slash |= *p == '/';
		depth += *p == '(';
		depth -= *p == ')';
		p = home_next(p);
	} while (*p && depth > 0);
	return p;
}

static bool
home_in_key(const char *key, unsigned number)
{
	for (const char *p = key; *p; p++) {
		if (*p == '\\' && p[1] && *++p == (char)('0' + number) && number <= 9)
			return true;
	}
	return false;
}

/* How many folders at the start of a pattern are nothing but text and captures that are in the key:
 * files of one key can't lie in several of these. */
static unsigned
home_folders_in_key(const char *pattern, const char *key)
{
	unsigned folders = 0, captures = 0;
	const char *p = pattern + (*pattern == '^');
	while (*p) {
		bool slash = false;
		const char *start = p;
		unsigned number = captures + 1;
		if (*p == '(')
			p = home_skip_group(p, &captures, &slash);
		else
			p = home_next(p);
		bool known = *start == '('    ? home_captures(start) && home_in_key(key, number)
		             : *start == '\\' ? !isalnum((unsigned char)start[1])
		                              : !strchr(".[|*+?{^$)", *start);
		if (!known || slash || (*p && strchr("*+?{", *p)))
			break;
		folders += *start == '/';
	}
	return folders;
}

unsigned
home_levels(const struct rule_line *line)
{
	unsigned folders = 0;
	for (const char *p = line->pattern_text; *p; p = home_next(p))
		folders += *p == '/';
	return folders - home_folders_in_key(line->pattern_text, line->key);
}

/* ---- paths ---- */

char *
home_path(const struct directory *dir, unsigned levels)
{
	const char *path = dir->path_as_given + dir->archive;
	/* Without its slash: no path of a file system begins so. */
	if (dir->archive > 0)
		path += *path == '/';
	size_t len = strlen(path);
	for (; levels > 0 && len > 0; levels--) {
		while (len > 0 && path[--len] != '/')
			;
	}
	return xstrndup(path, len);
}

static unsigned
home_depth(const char *path)
{
	unsigned depth = 0;
	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* Appends the pattern of a line, begun with so many folders that two homes become one; nothing
 * if no pattern does that. */
static void
home_join(const struct rule_line *line, const char *a, const char *b, struct buf *out)
{
	const char *p = a, *q = b;
	unsigned depth = home_depth(a);
	if (depth != home_depth(b))
		return;
	for (; *p && *p == *q; p++, q++)
		depth -= *p == '/';
	/* The slash before the first folder that differs is common to both. The pattern has
	 * those folders already that are in the key. */
	depth += 1 - home_folders_in_key(line->pattern_text, line->key);
	for (; depth > 0; depth--)
		buf_add(out, "[^/]+/", 6);
	buf_add(out, line->pattern_text, strlen(line->pattern_text));
}

/* ---- groups ---- */

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
		if (!found && strcmp(a->home, b->home) != 0) {
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
	static const char words[] = "; to join them, begin the pattern with the folder: '";
	const struct assembled_file *two[2];
	struct error text;
	if (!home_find_two(g, two))
		return false;
	error_set(&text, "one line finds files below two directories, %s and %s: skipped",
	    two[0]->dir, two[1]->dir);
	buf_add(why, text.text, strlen(text.text));
	size_t before = why->len;
	buf_add(why, words, sizeof words - 1);
	home_join(two[0]->line, two[0]->home, two[1]->home, why);
	if (why->len == before + sizeof words - 1)
		why->len = before;
	else
		buf_add(why, "'", 1);
	buf_add(why, "", 1);
	return true;
}
