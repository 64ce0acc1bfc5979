#include "scan/match.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What patterns are matched against: a directory's path with a slash at its end, to which the
 * names of its files are appended in turn. */
struct subject {
	struct buf text;
	size_t base;  /* bytes of the directory */
	size_t *tail; /* tail[k]: where its last k components begin */
	size_t tails; /* as many as there are components, or as any rule needs */
};

struct matcher_line {
	const struct rule_line *line;
	size_t rule;
};

struct matcher {
	struct matcher_line *line;
	size_t line_count;
	size_t slashes;              /* at most, in any pattern */
	const struct directory *dir; /* that `real` and `path_as_given` are set to */
	struct subject real, path_as_given, link;
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
match_tail(const char *path, size_t len, unsigned slashes)
{
	for (const char *p = path + len; p > path; p--) {
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
		for (size_t k = 0; k < rules[i]->line_count; k++) {
			const struct rule_line *line = rules[i]->line[k];
			if (line->pattern.slashes > m->slashes)
				m->slashes = line->pattern.slashes;
			m->line[m->line_count++] = (struct matcher_line){line, i};
		}
	}
	struct subject *subjects[] = {&m->real, &m->path_as_given, &m->link};
	for (size_t i = 0; i < 3; i++)
		subjects[i]->tail = xcalloc(m->slashes + 1, sizeof *subjects[i]->tail);
	return m;
}

/* Sets a subject to a directory, an absolute path of `len` bytes. */
static void
subject_set(const struct matcher *m, struct subject *s, const char *dir, size_t len)
{
	s->text.len = 0;
	buf_add(&s->text, dir, len);
	if (len == 0 || dir[len - 1] != '/')
		buf_add(&s->text, "/", 1);
	s->base = s->text.len;
	s->tails = 0;
	/* A slash is looked for once per directory, not once per file and pattern. */
	for (size_t at = s->base; s->tails <= m->slashes; at--) {
		if (s->text.data[at - 1] == '/')
			s->tail[s->tails++] = at;
		if (at == 1)
			break;
	}
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

/* Tries a file of the subject's directory: `len` bytes of its name. */
static void
subject_match(
    struct matcher *m, struct subject *s, const char *name, size_t len, struct match *match)
{
	s->text.len = s->base;
	buf_reserve(&s->text, len);
	memcpy(s->text.data + s->base, name, len);
	for (size_t i = 0; i < m->line_count; i++) {
		const struct regex *p = &m->line[i].line->pattern;
		/* The path has fewer parts than the pattern. */
		if (p->slashes >= s->tails)
			continue;
		size_t from = s->tail[p->slashes];
		if (regex_match(p, s->text.data + from, s->base + len - from, &match->captures) &&
		    match_band(&m->line[i], i, match))
			return;
	}
}

static void
matcher_set_dir(struct matcher *m, const struct directory *dir)
{
	if (m->dir == dir)
		return;
	subject_set(m, &m->real, dir->real, strlen(dir->real));
	if (dir->path_as_given != dir->real)
		subject_set(m, &m->path_as_given, dir->path_as_given, strlen(dir->path_as_given));
	m->dir = dir;
}

/* A link's own real path first: keys are those of the tree that it leads to. Then the
 * directory's, then the path as the user sees it, for trees of links whose targets are called
 * after a hash. */
void
matcher_file(struct matcher *m, const struct directory *dir, const char *name, const char *real,
    struct match *match)
{
	size_t len = match_stem(name);
	bool linked_dir = dir->path_as_given != dir->real;
	matcher_set_dir(m, dir);
	match->line = NULL;
	match->band = 0;
	match->other_band = false;
	if (real) {
		const char *real_name = strrchr(real, '/') + 1;
		size_t real_len = match_stem(real_name);
		subject_set(m, &m->link, real, (size_t)(real_name - real));
		if (real_len > 0)
			subject_match(m, &m->link, real_name, real_len, match);
	}
	if (!match->line && (!real || !linked_dir))
		subject_match(m, &m->real, name, len, match);
	if (!match->line && linked_dir)
		subject_match(m, &m->path_as_given, name, len, match);
}

void
matcher_forget(struct matcher *m)
{
	m->dir = NULL;
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
	struct subject *subjects[] = {&m->real, &m->path_as_given, &m->link};
	for (size_t i = 0; i < 3; i++) {
		buf_free(&subjects[i]->text);
		free(subjects[i]->tail);
	}
	free(m->line);
	free(m);
}
