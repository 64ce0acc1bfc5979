#include "scan/found.h"

#include "archive/members.h"
#include "archive/member.h"
#include "archive/tar.h"
#include "base/alloc.h"
#include "base/path.h"
#include "scan/links.h"
#include "scan/match.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Members that can be read again are read twice if there are links; at last, symbolic links are
 * looked up. In a stream, what no line has taken is looked up instead, below links. */
enum pass { PASS_STREAM, PASS_FILES, PASS_LINKS, PASS_SYMBOLIC, PASS_BELOW, PASS_END };

enum { UNMATCHED_MAX = 16 << 20 /* bytes of paths of a stream */ };

struct archive {
	struct members members;
	enum pass pass;
	const char *path;     /* of the archive, as printed; "" for a stream */
	char *real;           /* the directory that it stands for, absolute */
	char *dir_name;       /* in the archive, of */
	struct directory dir; /* that of the last file, and without links: */
	char *own_dir;        /* NULL: the same */

	/* The current member: its path, that to which it leads, and its data. */
	struct buf name, target;
	struct range range;
	bool symbolic;
	struct link *at;          /* the same path, if links lead there, or it is one */
	char *joined;             /* one of its paths, printed or absolute */
	struct archive_file file; /* found last */

	struct links links;
	struct link *given;   /* of them, is given next */
	struct ways ways;     /* on which the current member is found, too; */
	bool is_file;         /* it is given there */
	bool loops;           /* one is a loop, and was reported */
	struct buf below;     /* the last one */
	struct buf unmatched; /* files of a stream that no line has taken: their paths */
	size_t next;          /* of them */
	struct error why;
};

/* An absolute path, so that `tar -C s1 -cf s1.tar .` has the paths that rules look for. */
static char *
archive_directory(const char *path)
{
	char *real = realpath(path, NULL);
	size_t len = real ? strlen(real) : 0;
	if (real && (path_ends_in(real, len, ".tar") || path_ends_in(real, len, ".zip")))
		real[len - strlen(".tar")] = '\0';
	return real;
}

struct archive *
archive_open(const char *path, struct error *why)
{
	struct archive *a = xcalloc(1, sizeof *a);
	a->path = path;
	a->pass = PASS_FILES;
	int status = members_open(&a->members, path, why);
	a->real = archive_directory(path);
	if (status == 0 && a->real)
		return a;
	if (status == 0)
		error_errno(why, "cannot be examined");
	archive_close(a);
	return NULL;
}

struct archive *
archive_stream(struct source *source)
{
	struct archive *a = xcalloc(1, sizeof *a);
	a->path = "";
	a->real = xstrdup("/");
	a->members = (struct members){.fd = -1, .tar = tar_new(source)};
	return a;
}

void
archive_close(struct archive *a)
{
	if (!a)
		return;
	links_free(&a->links);
	char *texts[] = {a->real, a->dir_name, a->own_dir, a->dir.path, a->dir.path_as_given,
	    a->joined, a->file.data};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	struct buf *bufs[] = {&a->name, &a->target, &a->below, &a->unmatched};
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		buf_free(bufs[i]);
	members_close(&a->members);
	free(a);
}

/* ---- what is found ---- */

static bool
archive_wants(const char *path)
{
	return match_stem(path_name(path)) > 0;
}

static const char *
archive_join(struct archive *a, const char *top, const char *path)
{
	free(a->joined);
	return a->joined = path_join(top, path);
}

static char *
archive_parent(const char *top, const char *path)
{
	char *full = path_join(top, path), *parent = path_parent(full);
	free(full);
	return parent;
}

/* Sets the directory of the current member, which is found at `path`. */
static void
archive_set_dir(struct archive *a, const char *path)
{
	bool linked = path != a->name.data;
	size_t len = (size_t)(path_name(path) - path);
	if (a->dir_name && strlen(a->dir_name) == len && memcmp(path, a->dir_name, len) == 0)
		return;
	free(a->dir_name);
	free(a->own_dir);
	free(a->dir.path);
	free(a->dir.path_as_given);
	a->dir_name = xstrndup(path, len);
	a->own_dir = linked ? archive_parent(a->real, a->name.data) : NULL;
	a->dir = (struct directory){.path = archive_parent(a->path, path),
	    .path_as_given = archive_parent(a->real, path),
	    .root = a->real,
	    .linked = linked,
	    .archive = strlen(a->real)};
	a->dir.real = linked ? a->own_dir : a->dir.path_as_given;
}

static enum found_what
archive_problem(struct archive *a, const char *path, const char *why, struct found *f)
{
	error_set(&a->why, "%s", why);
	f->path = archive_join(a, a->path, path);
	f->why = a->why.text;
	return FOUND_PROBLEM;
}

/* The archive itself cannot be read, for the reason in a->why. */
static enum found_what
archive_damage(struct archive *a, struct found *f)
{
	a->pass = PASS_END;
	f->path = a->path;
	f->why = a->why.text;
	return FOUND_DAMAGE;
}

/* Gives the current member, which is found at `path`, if its name is that of a TIFF file. */
static enum found_what
archive_give(struct archive *a, const char *path, struct found *f)
{
	if (!archive_wants(path))
		return FOUND_STEP;
	free(a->file.data);
	a->file = (struct archive_file){
	    .archive = *a->path ? a->path : NULL, .range = a->range, .link = a->pass == PASS_BELOW};
	archive_set_dir(a, path);
	*f = (struct found){.dir = &a->dir, .file = &a->file, .name = path_name(path)};
	f->real = a->symbolic ? archive_join(a, a->real, a->target.data) : NULL;
	return FOUND_FILE;
}

int
archive_load(struct archive *a, struct archive_file *f, struct error *why)
{
	f->data = malloc((size_t)f->range.size + 1);
	return f->data ? tar_read(a->members.tar, f->data, why)
	               : error_set(why, "%.1000s: out of memory", a->name.data);
}

/* ---- below links ---- */

/* Begins with the ways to the current member, which exists for links that lead there: of a file the
 * last copy counts. */
static void
archive_start_ways(struct archive *a, bool is_file)
{
	a->is_file = is_file;
	a->ways.steps = 1;
	a->ways.nested = 0;
	a->ways.step[0] = (struct step){a->name.data, a->name.len, NULL};
	if (a->at)
		a->at->exists = true;
	if (a->at && is_file) {
		a->at->has_file = true;
		a->at->file = a->range;
	}
}

static enum found_what
archive_give_below(struct archive *a, struct found *f)
{
	int found = ways_next(&a->ways, &a->links, &a->below);
	if (found > 0 && a->is_file)
		return archive_give(a, a->below.data, f);
	if (found >= 0 || a->loops)
		return FOUND_STEP;
	a->loops = true;
	return archive_problem(
	    a, a->below.data, "symbolic link loop, or too many links: not followed", f);
}

/* The next file of a stream that no line has taken. */
static enum found_what
archive_try_below(struct archive *a, struct found *f)
{
	if (a->next == a->unmatched.len) {
		a->pass = PASS_END;
		return a->unmatched.len < UNMATCHED_MAX
		           ? FOUND_STEP
		           : archive_problem(a, a->links.first->path,
		                 "may be a link to a directory, which cannot be followed in a "
		                 "stream: decompress the archive and scan it with rsenc-scan",
		                 f);
	}
	a->name.len = 0;
	buf_addf(&a->name, "%s", a->unmatched.data + a->next);
	a->next += a->name.len + 1;
	archive_start_ways(a, true);
	return FOUND_STEP;
}

void
archive_unmatched(struct archive *a)
{
	if (a->pass == PASS_STREAM && a->unmatched.len < UNMATCHED_MAX)
		buf_add(&a->unmatched, a->name.data, a->name.len + 1);
}

/* ---- members ---- */

/* Gives the file to which a link at the current path leads, to `to`. */
static enum found_what
archive_give_target(struct archive *a, const char *to, struct found *f)
{
	const struct link *target = links_resolve(&a->links, to, &a->target)
	                                ? links_find(&a->links, a->target.data)
	                                : NULL;
	if (target && target->has_file) {
		a->range = target->file;
		archive_start_ways(a, true);
		return archive_give(a, a->name.data, f);
	}
	return a->symbolic && target && target->exists
	           ? FOUND_STEP
	           : archive_problem(a, a->name.data,
	                 "a loop of links, or a link to a file that is not in the archive", f);
}

static enum found_what
archive_take_link(struct archive *a, const struct member *m, struct found *f)
{
	struct error reason;
	bool symbolic = m->kind == MEMBER_SYMLINK;
	if (symbolic)
		links_get(&a->links, a->name.data)->to = xstrndup(
		    m->link, strnlen(m->link, PATH_MAX));
	if (a->pass == PASS_STREAM) {
		enum found_what what = archive_give(a, a->name.data, f);
		a->file.link = true;
		return what;
	}
	if (symbolic)
		return FOUND_STEP;
	/* Of a hard link the target is known in the second pass. */
	if (member_path(m->link, &a->target, &reason) != 0)
		return archive_problem(a, a->name.data, reason.text, f);
	links_get(&a->links, a->target.data);
	return FOUND_STEP;
}

/* In the second pass. */
static enum found_what
archive_take_again(struct archive *a, const struct member *m, struct found *f)
{
	struct error reason;
	bool replaced = m->kind == MEMBER_FILE && a->at && a->at->to;
	archive_start_ways(a, m->kind == MEMBER_FILE);
	if (m->kind == MEMBER_HARD_LINK && member_path(m->link, &a->target, &reason) == 0)
		return archive_give_target(a, a->target.data, f);
	return replaced ? archive_problem(a, a->name.data,
	                      "a link of the same name follows: unpack the archive", f)
	                : FOUND_STEP;
}

static enum found_what
archive_take(struct archive *a, const struct member *m, struct found *f)
{
	struct error reason;
	const char *bad = m->bad;
	bool wanted = archive_wants(m->name);
	if (m->refused && wanted) {
		error_set(&a->why, "%.1000s: %s", m->name, m->refused);
		return archive_damage(a, f);
	}
	if (!bad && member_path(m->name, &a->name, &reason) != 0)
		bad = reason.text;
	if (bad)
		return a->pass == PASS_LINKS || !wanted ? FOUND_STEP
		                                        : archive_problem(a, m->name, bad, f);
	a->range = m->range;
	a->symbolic = false;
	a->at = links_find(&a->links, a->name.data);
	if (a->pass == PASS_LINKS)
		return archive_take_again(a, m, f);
	/* It takes the place of a link. */
	if (a->at) {
		free(a->at->to);
		a->at->to = NULL;
	}
	if (m->kind == MEMBER_FILE)
		return archive_give(a, a->name.data, f);
	return m->kind == MEMBER_OTHER ? FOUND_STEP : archive_take_link(a, m, f);
}

/* At last: the next path to which links lead, or that is one. */
static enum found_what
archive_look_up(struct archive *a, struct found *f)
{
	struct link *link = a->at = a->given;
	a->given = link->next;
	a->symbolic = true;
	a->name.len = 0;
	buf_addf(&a->name, "%s", link->path);
	return link->to ? archive_give_target(a, a->name.data, f) : FOUND_STEP;
}

/* This pass has read all members. */
static enum found_what
archive_end_pass(struct archive *a, struct found *f)
{
	const struct link *last = a->links.last;
	a->given = a->links.first;
	if (a->pass == PASS_LINKS || !last) {
		a->pass = a->pass == PASS_STREAM ? PASS_END : PASS_SYMBOLIC;
		return FOUND_STEP;
	}
	/* The target of each symbolic link is to be known, so that its file is found. */
	for (struct link *link = a->given; link; link = link == last ? NULL : link->next) {
		if (!link->to || !links_resolve(&a->links, link->path, &a->target))
			continue;
		struct link *target = links_get(&a->links, a->target.data);
		link->also = target->from;
		target->from = link;
	}
	a->pass = a->pass == PASS_STREAM ? PASS_BELOW : PASS_LINKS;
	return a->pass == PASS_BELOW || members_rewind(&a->members, &a->why) == 0
	           ? FOUND_STEP
	           : archive_damage(a, f);
}

enum found_what
archive_next(struct archive *a, struct found *f)
{
	struct member m;
	if (a->ways.steps > 0)
		return archive_give_below(a, f);
	if (a->pass == PASS_BELOW)
		return archive_try_below(a, f);
	if (a->pass == PASS_SYMBOLIC && a->given)
		return archive_look_up(a, f);
	if (a->pass >= PASS_SYMBOLIC)
		return FOUND_END;
	int more = members_next(&a->members, &m, &a->why);
	if (more < 0)
		return archive_damage(a, f);
	return more == 0 ? archive_end_pass(a, f) : archive_take(a, &m, f);
}
