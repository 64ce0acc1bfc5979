#include "scan/scan.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

struct scan {
	char *const *dir; /* the current one, or the next */
	unsigned jobs;
	struct groups *groups;
	struct walk *walk;       /* of it, or */
	struct archive *archive; /* of it; both NULL: it is not begun */
	bool stream;             /* the archive is one, whose files may take: */
	uint64_t max_memory;
	bool ended;
	uint64_t problems; /* in the current directory */
	uint64_t before;   /* files that were matched in others */
	struct error why;
};

struct scan *
scan_new(const struct rule *const *rules, size_t count, char *const *dirs, unsigned jobs,
    struct source *source, uint64_t max_memory)
{
	struct scan *s = xcalloc(1, sizeof *s);
	s->dir = dirs;
	s->groups = groups_new(rules, count, max_memory);
	s->jobs = jobs;
	s->stream = source;
	s->max_memory = max_memory;
	s->archive = source ? archive_stream(source) : NULL;
	return s;
}

void
scan_free(struct scan *s)
{
	walk_free(s->walk);
	archive_close(s->archive);
	groups_free(s->groups);
	free(s);
}

struct groups_counts
scan_counts(const struct scan *s)
{
	return groups_counts(s->groups);
}

/* ---- one directory or archive ---- */

static enum scan_what
scan_problem(struct scan *s, const char *path, const char *why, struct scan_item *item)
{
	s->problems++;
	item->path = path;
	item->why = why;
	return SCAN_PROBLEM;
}

/* A stream can be read no further. */
static enum scan_what
scan_damage(struct scan *s, const char *why, struct scan_item *item)
{
	s->ended = true;
	groups_release(s->groups);
	scan_problem(s, *s->dir, why, item);
	return SCAN_DAMAGE;
}

static enum scan_what
scan_begin_dir(struct scan *s, struct scan_item *item)
{
	struct stat st;
	s->before = groups_counts(s->groups).matched;
	s->problems = 0;
	if (stat(*s->dir, &st) == 0 && S_ISREG(st.st_mode))
		s->archive = archive_open(*s->dir, &s->why);
	else
		s->walk = walk_new(*s->dir, s->jobs, &s->why);
	if (s->walk || s->archive)
		return SCAN_STEP;
	return scan_problem(s, *s->dir++, s->why.text, item);
}

/* The current directory is done. */
static enum scan_what
scan_end_dir(struct scan *s, struct scan_item *item)
{
	walk_free(s->walk);
	archive_close(s->archive);
	s->walk = NULL;
	s->archive = NULL;
	item->path = *s->dir++;
	item->why = "contains no file of the dataset: wrong directory?";
	/* Where a problem was reported, that is the reason. */
	bool empty = s->problems == 0 && groups_counts(s->groups).matched == s->before;
	return empty ? SCAN_EMPTY : SCAN_STEP;
}

/* Reads the data of a stream's file, beside what waits. Returns 0, or -1 with the reason. */
static int
scan_load(struct scan *s, const struct found *f)
{
	uint64_t size = f->file->range.size, max = s->max_memory;
	if (groups_bytes(s->groups) + size > max)
		return error_memory(&s->why,
		    "%.1000s/%s: has %" PRIu64 " bytes, which with the files of incomplete "
		    "patches need more memory than the limit of %" PRIu64,
		    f->dir->path, f->name, size, max);
	return archive_load(s->archive, f->file, &s->why);
}

/* SCAN_END: nothing to report. */
static enum scan_what
scan_file(struct scan *s, const struct found *f, struct scan_item *item)
{
	if (!groups_match(s->groups, f)) {
		if (s->stream)
			archive_unmatched(s->archive);
		return SCAN_END;
	}
	if (s->stream && !f->file->link && scan_load(s, f) != 0)
		return scan_damage(s, s->why.text, item);
	groups_add(s->groups, f);
	return SCAN_END;
}

/* The next step in a directory or archive. SCAN_END: nothing to report. */
static enum scan_what
scan_step(struct scan *s, struct scan_item *item)
{
	struct found f;
	switch (s->walk ? walk_next(s->walk, &f) : archive_next(s->archive, &f)) {
	case FOUND_FILE:
		return scan_file(s, &f, item);
	case FOUND_DAMAGE:
		if (s->stream)
			return scan_damage(s, f.why, item);
		/* fall through */
	case FOUND_PROBLEM:
		return scan_problem(s, f.path, f.why, item);
	case FOUND_END:
		return scan_end_dir(s, item);
	case FOUND_STEP:
		break;
	}
	return SCAN_STEP;
}

/* ---- all of them ---- */

enum scan_what
scan_next(struct scan *s, struct scan_item *item)
{
	for (;;) {
		item->group = groups_next(s->groups);
		if (item->group) {
			s->problems += item->group->bad != NULL;
			return SCAN_GROUP;
		}
		if (s->ended)
			return SCAN_END;
		if (!s->walk && !s->archive && !*s->dir) {
			s->ended = true;
			groups_end(s->groups);
			continue;
		}
		enum scan_what what = s->walk || s->archive ? scan_step(s, item)
		                                            : scan_begin_dir(s, item);
		if (what != SCAN_END)
			return what;
	}
}
