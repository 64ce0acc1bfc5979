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
 * looked up. */
enum pass { PASS_STREAM, PASS_FILES, PASS_LINKS, PASS_SYMBOLIC, PASS_END };

struct archive {
	struct members members;
	enum pass pass;
	const char *path;     /* of the archive, as printed; "" for a stream */
	char *real;           /* the directory that it stands for, absolute */
	char *dir_name;       /* in the archive, of */
	struct directory dir; /* that of the last file */

	struct buf name, target;  /* paths of the current member */
	char *joined;             /* one of them, printed or absolute */
	struct archive_file file; /* found last */

	struct links links;
	const struct link *given; /* of them, is given next */
	/* A file, whose copies below links are given: those to the directory whose name, the
	 * start of a->name, has `outer` bytes, from `via` on. */
	struct range range;
	size_t outer;
	const struct link *via;
	struct buf below;
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
	char *texts[] = {a->real, a->dir_name, a->dir.path, a->dir.real, a->joined, a->file.data};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	buf_free(&a->name);
	buf_free(&a->target);
	buf_free(&a->below);
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

/* Sets the directory of a member. */
static void
archive_set_dir(struct archive *a, const char *path, struct found *f)
{
	size_t len = (size_t)(path_name(path) - path);
	len -= len > 0;
	f->dir = &a->dir;
	if (a->dir_name && strlen(a->dir_name) == len && memcmp(path, a->dir_name, len) == 0)
		return;
	free(a->dir_name);
	free(a->dir.path);
	free(a->dir.real);
	a->dir_name = xstrndup(path, len);
	a->dir.path = len > 0 ? path_join(a->path, a->dir_name) : xstrdup(*a->path ? a->path : ".");
	a->dir.real = len > 0 ? path_join(a->real, a->dir_name) : xstrdup(a->real);
	a->dir.path_as_given = a->dir.real;
	a->dir.root = a->real;
	a->dir.archive = strlen(a->real);
}

/* A member that cannot be read matters if its name is that of a TIFF file. */
static enum found_what
archive_problem(struct archive *a, const char *path, const char *why, struct found *f)
{
	if (!archive_wants(path))
		return FOUND_STEP;
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

/* A file. `real` is the path in the archive to which a symbolic link leads, or NULL. */
static enum found_what
archive_give(struct archive *a, const char *path, const char *real, const struct range *range,
    struct found *f)
{
	if (!archive_wants(path))
		return FOUND_STEP;
	free(a->file.data);
	a->file = (struct archive_file){
	    .archive = a->pass == PASS_STREAM ? NULL : a->path, .range = *range};
	*f = (struct found){.file = &a->file, .name = path_name(path)};
	archive_set_dir(a, path, f);
	f->real = real ? archive_join(a, a->real, real) : NULL;
	return FOUND_FILE;
}

int
archive_load(struct archive *a, struct archive_file *f, struct error *why)
{
	f->data = malloc((size_t)f->range.size + 1);
	return f->data ? tar_read(a->members.tar, f->data, why)
	               : error_set(why, "%.1000s: out of memory", a->name.data);
}

/* ---- members ---- */

static const char broken_link[] = "a loop of links, or a link to a file that is not in the archive";

/* In the second pass the last copy of a file to which links lead is remembered. */
static void
archive_remember(struct archive *a, const struct range *file)
{
	struct link *link = links_find(&a->links, a->name.data);
	if (!link)
		return;
	link->has_file = true;
	link->file = *file;
}

/* Gives the file to which `to` leads as that of `path`. */
static enum found_what
archive_give_target(
    struct archive *a, const char *path, const char *to, bool symbolic, struct found *f)
{
	const struct link *target = links_resolve(&a->links, to, &a->target)
	                                ? links_find(&a->links, a->target.data)
	                                : NULL;
	if (!target || !target->has_file)
		return archive_problem(a, path, broken_link, f);
	if (!symbolic)
		archive_remember(a, &target->file);
	return archive_give(a, path, symbolic ? a->target.data : NULL, &target->file, f);
}

static enum found_what
archive_take_link(struct archive *a, const struct member *m, struct found *f)
{
	struct error reason;
	bool symbolic = m->kind == MEMBER_SYMLINK;
	if (a->pass == PASS_STREAM) {
		enum found_what what = archive_give(a, a->name.data, NULL, &m->range, f);
		a->file.link = true;
		return what;
	}
	if (symbolic && a->pass == PASS_FILES) {
		struct link *link = links_get(&a->links, a->name.data);
		free(link->to);
		link->to = xstrndup(m->link, strnlen(m->link, PATH_MAX));
	}
	if (symbolic)
		return FOUND_STEP;
	/* Of a hard link the target is known in the second pass. */
	if (member_path(m->link, &a->target, &reason) != 0)
		return a->pass == PASS_FILES ? archive_problem(a, a->name.data, reason.text, f)
		                             : FOUND_STEP;
	if (a->pass == PASS_LINKS)
		return archive_give_target(a, a->name.data, a->target.data, false, f);
	links_get(&a->links, a->target.data);
	return FOUND_STEP;
}

/* This pass has read all members. */
static enum found_what
archive_end_pass(struct archive *a, struct found *f)
{
	const struct link *last = a->links.last;
	if (a->pass != PASS_FILES || !a->links.first) {
		a->pass = PASS_SYMBOLIC;
		a->given = a->links.first;
		return FOUND_STEP;
	}
	/* The target of each symbolic link is to be known, so that its file is found. */
	for (struct link *link = a->links.first; link; link = link == last ? NULL : link->next) {
		if (!links_resolve(&a->links, link->path, &a->target))
			continue;
		struct link *target = links_get(&a->links, a->target.data);
		if (link->to) {
			link->also = target->from;
			target->from = link;
		}
	}
	a->pass = PASS_LINKS;
	return members_rewind(&a->members, &a->why) == 0 ? FOUND_STEP : archive_damage(a, f);
}

static enum found_what
archive_take(struct archive *a, const struct member *m, struct found *f)
{
	struct error reason;
	const char *bad = m->bad;
	bool wanted = archive_wants(m->name);
	/* Files with other names matter only in the second pass: links may lead to them. */
	if (m->kind == MEMBER_OTHER || (m->kind == MEMBER_FILE && a->pass != PASS_LINKS && !wanted))
		return FOUND_STEP;
	if (m->refused && wanted) {
		error_set(&a->why, "%.1000s: %s", m->name, m->refused);
		return archive_damage(a, f);
	}
	if (!bad && member_path(m->name, &a->name, &reason) != 0)
		bad = reason.text;
	if (bad)
		return a->pass == PASS_LINKS ? FOUND_STEP : archive_problem(a, m->name, bad, f);
	if (m->kind != MEMBER_FILE)
		return archive_take_link(a, m, f);
	if (a->pass != PASS_LINKS)
		return archive_give(a, a->name.data, NULL, &m->range, f);
	archive_remember(a, &m->range);
	a->range = m->range;
	a->outer = wanted ? a->name.len : 0;
	return FOUND_STEP;
}

/* Gives the current file as it is found below the next link to a directory in which it lies. */
static enum found_what
archive_give_below(struct archive *a, struct found *f)
{
	const struct link *via = a->via;
	while (!via && a->outer > 0) {
		do
			a->outer--;
		while (a->outer > 0 && a->name.data[a->outer] != '/');
		if (a->outer == 0)
			break;
		a->name.data[a->outer] = '\0';
		const struct link *dir = links_find(&a->links, a->name.data);
		a->name.data[a->outer] = '/';
		via = dir ? dir->from : NULL;
	}
	a->via = via ? via->also : NULL;
	if (!via)
		return FOUND_STEP;
	a->below.len = 0;
	buf_add(&a->below, via->path, strlen(via->path));
	buf_add(&a->below, a->name.data + a->outer, strlen(a->name.data + a->outer) + 1);
	return archive_give(a, a->below.data, a->name.data, &a->range, f);
}

enum found_what
archive_next(struct archive *a, struct found *f)
{
	struct member m;
	const struct link *link = a->given;
	if (a->pass == PASS_SYMBOLIC && link) {
		a->given = link->next;
		return link->to ? archive_give_target(a, link->path, link->path, true, f)
		                : FOUND_STEP;
	}
	if (a->pass >= PASS_SYMBOLIC)
		return FOUND_END;
	if (a->via || a->outer > 0)
		return archive_give_below(a, f);
	int more = members_next(&a->members, &m, &a->why);
	if (more < 0)
		return archive_damage(a, f);
	return more == 0 ? archive_end_pass(a, f) : archive_take(a, &m, f);
}
