#include "scan/archive.h"

#include "archive/members.h"
#include "archive/path.h"
#include "base/alloc.h"
#include "base/path.h"
#include "scan/links.h"
#include "scan/match.h"

#include <stdlib.h>
#include <string.h>

/* Members that can be read again are read twice if there are links; at last, symbolic links are
 * looked up. */
enum pass { PASS_STREAM, PASS_FILES, PASS_LINKS, PASS_SYMBOLIC, PASS_END };

struct archive {
	struct members members;
	enum pass pass;
	const char *path; /* of the archive, as printed; "" for a stream */
	char *real;       /* the directory that it stands for, absolute */

	/* The directory of the last file: its paths in the archive, printed and absolute. */
	struct directory dir;
	struct buf dir_name, dir_path, dir_real;

	struct buf name, target, joined; /* paths of the current member */
	struct archive_file file;        /* found last */
	struct links links;
	struct link *next_link; /* in the last pass */
	struct error why;
};

/* An absolute path, so that `tar -C s1 -cf s1.tar .` has the paths that rules look for. */
static char *
archive_directory(const char *path)
{
	char *real = realpath(path, NULL);
	size_t len = real ? strlen(real) : 0;
	const char *ending = len > 4 ? real + len - 4 : "";
	if (strcmp(ending, ".tar") == 0 || strcmp(ending, ".zip") == 0)
		real[len - 4] = '\0';
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
	members_start(&a->members, source);
	return a;
}

void
archive_close(struct archive *a)
{
	if (!a)
		return;
	struct buf *paths[] = {
	    &a->dir_name, &a->dir_path, &a->dir_real, &a->name, &a->target, &a->joined};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		buf_free(paths[i]);
	free(a->file.data);
	links_free(&a->links);
	members_close(&a->members);
	free(a->real);
	free(a);
}

/* ---- paths ---- */

/* Replaces `out` by TOP/PATH, or by one of them where the other is empty; at least ".". */
static char *
archive_join(struct buf *out, const char *top, const char *path, size_t len)
{
	size_t top_len = strlen(top);
	out->len = 0;
	buf_add(out, top, top_len);
	if (top_len > 0 && len > 0 && top[top_len - 1] != '/')
		buf_add(out, "/", 1);
	buf_add(out, path, len);
	if (out->len == 0)
		buf_add(out, ".", 1);
	buf_add(out, "", 1);
	return out->data;
}

/* How many directories lead to a path, and to another one. */
static size_t
archive_common_depth(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t depth = 0;
	for (size_t i = 0;; i++) {
		bool ends = i == a_len || i == b_len;
		char c = i < a_len ? a[i] : '/', d = i < b_len ? b[i] : '/';
		depth += c == d && c == '/' && i > 0;
		if (ends || c != d)
			return depth;
	}
}

/* Sets the directory of a member. */
static void
archive_set_dir(struct archive *a, const char *path, struct found *f)
{
	const char *name = path_name(path);
	size_t len = name > path ? (size_t)(name - path) - 1 : 0;
	f->dir = &a->dir;
	f->name = name;
	if (a->dir.path && a->dir_name.len == len && memcmp(a->dir_name.data, path, len) == 0)
		return;
	f->left = archive_common_depth(a->dir_name.data, a->dir_name.len, path, len) + 1;
	a->dir_name.len = 0;
	buf_reserve(&a->dir_name, len + 1);
	buf_add(&a->dir_name, path, len);
	a->dir.path = archive_join(&a->dir_path, a->path, path, len);
	a->dir.real = a->dir.path_as_given = archive_join(&a->dir_real, a->real, path, len);
	a->dir.archive = strlen(a->real);
	a->dir.depth = len > 0;
	for (size_t i = 0; i < len; i++)
		a->dir.depth += path[i] == '/';
}

/* ---- what is found ---- */

static bool
archive_wants(const char *path)
{
	return match_stem(path_name(path)) > 0;
}

/* A member that cannot be read matters if its name is that of a TIFF file. */
static enum found_what
archive_problem(struct archive *a, const char *path, const char *why, struct found *f)
{
	if (!archive_wants(path))
		return FOUND_STEP;
	error_set(&a->why, "%s", why);
	f->path = archive_join(&a->joined, a->path, path, strlen(path));
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
	*f = (struct found){.file = &a->file};
	archive_set_dir(a, path, f);
	if (real)
		f->real = archive_join(&a->joined, a->real, real, strlen(real));
	return FOUND_FILE;
}

int
archive_load(struct archive *a, struct archive_file *f, struct error *why)
{
	f->data = malloc((size_t)f->range.size + 1);
	return f->data ? members_read(&a->members, f->data, why)
	               : error_set(why, "%.1000s: out of memory", a->name.data);
}

/* ---- links ---- */

static const char link_loop[] = "a loop of links";
static const char link_in_stream[] = "a link, which a stream cannot follow: decompress the archive "
                                     "and scan it with rsenc-scan, or unpack it";
static const char missing_target[] = "a link to a file that is not in the archive";

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

/* Replaces a->target by the path to which it leads, and gives the file there as that of `path`. */
static enum found_what
archive_give_target(struct archive *a, const char *path, bool symbolic, struct found *f)
{
	if (!links_resolve(&a->links, &a->target))
		return archive_problem(a, path, link_loop, f);
	const struct link *target = links_find(&a->links, a->target.data);
	if (!target || !target->has_file)
		return archive_problem(a, path, missing_target, f);
	if (!symbolic)
		archive_remember(a, &target->file);
	return archive_give(a, path, symbolic ? a->target.data : NULL, &target->file, f);
}

static enum found_what
archive_take_link(struct archive *a, const struct member *m, struct found *f)
{
	struct error reason;
	bool symbolic = m->kind == MEMBER_SYMLINK;
	if (a->pass == PASS_STREAM)
		return archive_problem(a, a->name.data, link_in_stream, f);
	if (symbolic && a->pass == PASS_LINKS)
		return FOUND_STEP;
	int bad = symbolic ? member_link_path(a->name.data, m->link, &a->target, &reason)
	                   : member_path(m->link, &a->target, &reason);
	if (bad)
		return a->pass == PASS_FILES ? archive_problem(a, a->name.data, reason.text, f)
		                             : FOUND_STEP;
	/* A hard link: its target is known by now. */
	if (a->pass == PASS_LINKS)
		return archive_give_target(a, a->name.data, false, f);
	if (symbolic)
		links_add(&a->links, a->name.data, a->target.data);
	else
		links_get(&a->links, a->target.data);
	return FOUND_STEP;
}

/* Sets a->target to the path of a link. */
static void
archive_start_target(struct archive *a, const struct link *link)
{
	archive_join(&a->target, "", link->path, strlen(link->path));
	a->target.len--;
}

/* After the first pass: makes the target of each symbolic link known, so that its file is found. */
static enum found_what
archive_start_links(struct archive *a, struct found *f)
{
	const struct link *last = a->links.last;
	for (const struct link *link = a->links.first; link; link = link->next) {
		archive_start_target(a, link);
		if (links_resolve(&a->links, &a->target))
			links_get(&a->links, a->target.data);
		if (link == last)
			break;
	}
	a->pass = PASS_LINKS;
	return members_rewind(&a->members, &a->why) == 0 ? FOUND_STEP : archive_damage(a, f);
}

static enum found_what
archive_next_symbolic(struct archive *a, struct found *f)
{
	struct link *link = a->next_link;
	if (!link) {
		a->pass = PASS_END;
		return FOUND_STEP;
	}
	a->next_link = link->next;
	archive_start_target(a, link);
	return link->to ? archive_give_target(a, link->path, true, f) : FOUND_STEP;
}

/* ---- members ---- */

/* There are no more members in this pass. */
static enum found_what
archive_end_pass(struct archive *a, struct found *f)
{
	if (a->pass == PASS_FILES && a->links.first)
		return archive_start_links(a, f);
	if (a->pass != PASS_STREAM && members_changed(&a->members)) {
		error_set(&a->why, "the archive changed while it was scanned");
		return archive_damage(a, f);
	}
	a->next_link = a->links.first;
	a->pass = PASS_SYMBOLIC;
	return FOUND_STEP;
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
	return FOUND_STEP;
}

enum found_what
archive_next(struct archive *a, struct found *f)
{
	struct member m;
	if (a->pass == PASS_END)
		return FOUND_END;
	if (a->pass == PASS_SYMBOLIC)
		return archive_next_symbolic(a, f);
	int more = members_next(&a->members, &m, &a->why);
	if (more < 0)
		return archive_damage(a, f);
	return more == 0 ? archive_end_pass(a, f) : archive_take(a, &m, f);
}
