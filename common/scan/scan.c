#include "scan/scan.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/archive.h"
#include "scan/archive_file.h"
#include "scan/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct scan {
	size_t rule_count;
	char *const *dir; /* the current one, or the next */
	unsigned jobs;
	struct groups *groups;
	struct walk *walk;       /* of it, or */
	struct archive *archive; /* of it; both NULL: it is not begun */
	bool ended;
	uint64_t problems; /* in it */
	uint64_t *files;   /* of each line, in it */
	uint64_t *before;  /* in those before it */
	char *example;
	struct error why;

	struct assembled last; /* whose files in archives are released next */

	/* Problems of an archive that were not reported yet: path and reason, each with its NUL. */
	struct buf noted;
	size_t reported;
};

struct scan *
scan_new(const struct rule *const *rules, size_t count, char *const *dirs, unsigned jobs)
{
	struct scan *s = xcalloc(1, sizeof *s);
	size_t lines;
	s->dir = dirs;
	s->jobs = jobs;
	s->groups = groups_new(rules, count);
	groups_taken(s->groups, &lines);
	s->files = xcalloc(lines + 1, sizeof *s->files);
	s->before = xcalloc(lines + 1, sizeof *s->before);
	return s;
}

void
scan_free(struct scan *s)
{
	walk_free(s->walk);
	archive_close(s->archive);
	groups_free(s->groups);
	buf_free(&s->noted);
	free(s->files);
	free(s->before);
	free(s->example);
	free(s);
}

struct groups_counts
scan_counts(const struct scan *s)
{
	return groups_counts(s->groups);
}

const char *
scan_example(const struct scan *s)
{
	return s->example;
}

static enum scan_what
scan_problem(struct scan *s, const char *path, const char *why, struct scan_item *item)
{
	s->problems++;
	item->path = path;
	item->why = why;
	return SCAN_PROBLEM;
}

/* ---- one directory or archive ---- */

/* Notes what archive_next finds wrong with a member, of which a call may find several. */
static void
scan_note(void *context, const char *path, const char *why)
{
	struct scan *s = context;
	buf_add(&s->noted, path, strlen(path) + 1);
	buf_add(&s->noted, why, strlen(why) + 1);
}

/* Reports what was noted. False: nothing is left. */
static bool
scan_noted(struct scan *s, struct scan_item *item)
{
	if (s->reported == s->noted.len) {
		s->reported = s->noted.len = 0;
		return false;
	}
	item->path = s->noted.data + s->reported;
	item->why = item->path + strlen(item->path) + 1;
	s->reported = (size_t)(item->why - s->noted.data) + strlen(item->why) + 1;
	s->problems++;
	return true;
}

static enum scan_what
scan_begin_dir(struct scan *s, struct scan_item *item)
{
	struct stat st;
	bool archive = stat(*s->dir, &st) == 0 && S_ISREG(st.st_mode);
	s->problems = 0;
	groups_in_any_order(s->groups, archive);
	if (archive)
		s->archive = archive_open(*s->dir, s->groups, scan_note, s, &s->why);
	else
		s->walk = walk_new(*s->dir, s->jobs, groups_wanted, &s->why);
	if (s->walk || s->archive)
		return SCAN_STEP;
	return scan_problem(s, *s->dir++, s->why.text, item);
}

/* The current directory is done. */
static enum scan_what
scan_end_dir(struct scan *s, struct scan_item *item)
{
	size_t lines;
	const uint64_t *taken = groups_taken(s->groups, &lines);
	walk_free(s->walk);
	archive_close(s->archive);
	s->walk = NULL;
	s->archive = NULL;
	item->dir = *s->dir++;
	item->files = s->files;
	item->empty = s->problems == 0;
	for (size_t i = 0; i < lines; i++) {
		s->files[i] = taken[i] - s->before[i];
		s->before[i] = taken[i];
		item->empty &= s->files[i] == 0;
	}
	return SCAN_DIR;
}

static void
scan_file(struct scan *s, const struct walk_item *w)
{
	if (!s->example)
		s->example = path_join(w->dir->path, w->name);
	if (groups_match(s->groups, w->dir, w->name, w->real))
		groups_add(s->groups, w->dir, w->name, 0);
}

/* The next step of a walk. SCAN_END: nothing to report. */
static enum scan_what
scan_walk(struct scan *s, struct scan_item *item)
{
	struct walk_item w;
	switch (walk_next(s->walk, &w)) {
	case WALK_FILE:
		scan_file(s, &w);
		return SCAN_END;
	case WALK_LEAVE:
		groups_leave(s->groups, w.dir);
		return SCAN_STEP;
	case WALK_PROBLEM:
		return scan_problem(s, w.path, w.why, item);
	case WALK_END:
		break;
	}
	return scan_end_dir(s, item);
}

/* The next member of an archive. */
static enum scan_what
scan_archive(struct scan *s, struct scan_item *item)
{
	int more = archive_next(s->archive, &s->why);
	if (more > 0)
		return SCAN_STEP;
	if (!s->example && archive_example(s->archive))
		s->example = xstrdup(archive_example(s->archive));
	if (more < 0)
		scan_note(s, *s->dir, s->why.text);
	s->problems += s->noted.len > 0;
	return scan_end_dir(s, item);
}

/* ---- all of them ---- */

/* The next group that is ready. */
static bool
scan_group(struct scan *s, struct scan_item *item)
{
	archive_file_release_all(&s->last);
	s->last.count = s->last.replaced = 0;
	if (!groups_next(s->groups, &s->last))
		return false;
	s->problems += s->last.bad != NULL;
	item->group = s->last;
	return true;
}

enum scan_what
scan_next(struct scan *s, struct scan_item *item)
{
	for (;;) {
		enum scan_what what = SCAN_END;
		if (scan_group(s, item))
			return SCAN_GROUP;
		if (scan_noted(s, item))
			return SCAN_PROBLEM;
		if (s->walk)
			what = scan_walk(s, item);
		else if (s->archive)
			what = scan_archive(s, item);
		else if (*s->dir)
			what = scan_begin_dir(s, item);
		else if (s->ended)
			return SCAN_END;
		else {
			s->ended = true;
			groups_end(s->groups);
		}
		if (what != SCAN_END)
			return what;
	}
}
