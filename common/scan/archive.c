#include "scan/archive.h"

#include "scan/links.h"
#include "archive/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char no_memory[] = "out of memory";

struct archive {
	struct tar *tar;
	struct assembler *assembler;
	const char *top, *real;
	const struct archive_events *events;

	/* The directory of the last file, and the one before it: another directory is another
	 * pointer. */
	struct directory dirs[2];
	struct buf dir_path[2], dir_real[2];
	struct buf dir_name; /* of dirs[current], as a member's path */
	int current;
	bool begun;

	struct buf path, target, real_target;
	struct buf example;
	struct links links;
	bool ended; /* by the assembler */
};

struct archive *
archive_new(struct tar *tar, struct assembler *assembler, const char *top, const char *real,
    const struct archive_events *events)
{
	struct archive *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->tar = tar;
	a->assembler = assembler;
	a->top = top;
	a->real = real;
	a->events = events;
	return a;
}

void
archive_free(struct archive *a)
{
	if (!a)
		return;
	for (int i = 0; i < 2; i++) {
		buf_free(&a->dir_path[i]);
		buf_free(&a->dir_real[i]);
	}
	buf_free(&a->dir_name);
	buf_free(&a->path);
	buf_free(&a->target);
	buf_free(&a->real_target);
	buf_free(&a->example);
	links_free(&a->links);
	free(a);
}

/* ---- paths ---- */

/* Replaces `out` by TOP/PATH, or by one of them where the other is empty; at least ".". */
static int
archive_join(struct buf *out, const char *top, const char *path, size_t len)
{
	size_t top_len = strlen(top);
	out->len = 0;
	if (buf_add(out, top, top_len) != 0)
		return -1;
	if (top_len > 0 && len > 0 && top[top_len - 1] != '/' && buf_add(out, "/", 1) != 0)
		return -1;
	if (buf_add(out, path, len) != 0 || (out->len == 0 && buf_add(out, ".", 1) != 0))
		return -1;
	return buf_add(out, "", 1);
}

/* The directory of a member's path, whose name begins at `name`. */
static struct directory *
archive_dir(struct archive *a, const char *path, const char *name)
{
	size_t len = name > path ? (size_t)(name - path) - 1 : 0;
	struct directory *dir = &a->dirs[a->current];
	if (a->begun && a->dir_name.len == len && memcmp(a->dir_name.data, path, len) == 0)
		return dir;
	a->begun = true;
	a->current = !a->current;
	dir = &a->dirs[a->current];
	struct buf *printed = &a->dir_path[a->current], *real = &a->dir_real[a->current];
	a->dir_name.len = 0;
	if (buf_add(&a->dir_name, path, len) != 0 || buf_reserve(&a->dir_name, 1) != 0 ||
	    archive_join(printed, a->top, path, len) != 0 ||
	    archive_join(real, a->real, path, len) != 0)
		return NULL;
	*dir = (struct directory){.path = printed->data, .real = real->data, .met = real->data};
	return dir;
}

static const char *
archive_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* ---- files ---- */

/* Gives a file to the assembler. `real` is the path of the member that a symbolic link leads to, or
 * NULL. *filled is the place of the same file under another name, if it is known. Returns 0, or -1
 * with the reason. */
static int
archive_file(struct archive *a, const char *path, const char *real, const struct tar_member *m,
    uint64_t *filled, bool *has_filled, struct error *why)
{
	const char *name = archive_base(path);
	uint64_t where;
	struct directory *dir = archive_dir(a, path, name);
	if (!dir || a->events->place(a->events->context, m, &where) != 0)
		return error_set(why, no_memory);
	if (a->example.len == 0 && archive_join(&a->example, a->top, path, strlen(path)) != 0)
		return error_set(why, no_memory);
	if (real) {
		if (archive_join(&a->real_target, a->real, real, strlen(real)) != 0)
			return error_set(why, no_memory);
		real = a->real_target.data;
	}
	struct assemble_counts before = assemble_counts(a->assembler);
	a->ended = !assemble_file(a->assembler, dir, name, real, where);
	if (a->ended)
		return 0;
	struct assemble_counts after = assemble_counts(a->assembler);
	/* No group keeps the file: its place may serve the next. */
	if (after.unmatched > before.unmatched || after.other_band > before.other_band) {
		a->events->drop(a->events->context, where);
		return 0;
	}
	if (a->events->fill && a->events->fill(a->events->context, where,
	                           *has_filled ? filled : NULL, path, a->tar, m, why) != 0)
		return -1;
	/* Further links copy from here: of a pipe the bytes have gone by. */
	*filled = where;
	*has_filled = true;
	return 0;
}

/* All links that lead to the file `path`, and those that lead to these. */
static int
archive_links_to(struct archive *a, const char *path, const struct tar_member *m, uint64_t *filled,
    bool *has_filled, struct error *why)
{
	struct buf targets = {0}; /* paths, one behind the other */
	int status = buf_add(&targets, path, strlen(path) + 1) == 0 ? 0 : error_set(why, no_memory);
	for (size_t at = 0; status == 0 && at < targets.len && !a->ended;) {
		bool symbolic;
		const char *link = links_take(&a->links, targets.data + at, &symbolic);
		if (!link) {
			at += strlen(targets.data + at) + 1;
			continue;
		}
		status = archive_file(a, link, symbolic ? path : NULL, m, filled, has_filled, why);
		if (status == 0 && buf_add(&targets, link, strlen(link) + 1) != 0)
			status = error_set(why, no_memory);
	}
	buf_free(&targets);
	return status;
}

/* A member that is a file; `path` is what its name became. */
static int
archive_member(struct archive *a, const struct tar_member *m, struct error *why)
{
	uint64_t filled = 0;
	bool has_filled = false;
	if (assemble_wanted(archive_base(a->path.data)) &&
	    archive_file(a, a->path.data, NULL, m, &filled, &has_filled, why) != 0)
		return -1;
	return a->links.left > 0 ? archive_links_to(a, a->path.data, m, &filled, &has_filled, why)
	                         : 0;
}

static int
archive_link(struct archive *a, const struct tar_member *m, struct error *why)
{
	struct error reason;
	uint64_t where;
	const char *path = a->path.data;
	int bad = m->kind == TAR_HARD ? tar_path(m->link, &a->target, &reason)
	                              : tar_link_path(path, m->link, &a->target, &reason);
	if (bad) {
		a->events->problem(a->events->context, path, reason.text);
		return 0;
	}
	if (a->events->recall && a->events->recall(a->events->context, a->target.data, &where)) {
		bool has_filled = true;
		const char *real = m->kind == TAR_SYMBOLIC ? a->target.data : NULL;
		return archive_file(a, path, real, m, &where, &has_filled, why);
	}
	if (links_add(&a->links, path, a->target.data, m->kind == TAR_SYMBOLIC) != 0)
		return error_set(why, no_memory);
	return 0;
}

int
archive_next(struct archive *a, struct error *why)
{
	struct tar_member m;
	struct error reason;
	int more = tar_next(a->tar, &m, why);
	if (more <= 0)
		return more;
	bool wanted = m.kind != TAR_OTHER && assemble_wanted(archive_base(m.name));
	if (m.kind == TAR_OTHER || (!wanted && (m.kind != TAR_FILE || a->links.left == 0)))
		return 1;
	/* What is wrong with a member is told only if a rule may want it. */
	const char *bad = m.bad;
	if (!bad && strlen(m.name) >= PATH_MAX)
		bad = "its name is longer than any path may be";
	if (!bad && tar_path(m.name, &a->path, &reason) != 0)
		bad = reason.text;
	int status = 0;
	if (bad && wanted)
		a->events->problem(a->events->context, m.name, bad);
	else if (!bad)
		status = m.kind == TAR_FILE ? archive_member(a, &m, why) : archive_link(a, &m, why);
	return status != 0 ? -1 : a->ended ? 2 : 1;
}

/* ---- links ---- */

size_t
archive_links(const struct archive *a)
{
	return a->links.left;
}

int
archive_resolve(struct archive *a, struct tar *tar, struct error *why)
{
	struct tar_member m;
	struct error unused;
	uint64_t filled = 0;
	bool has_filled = false;
	a->tar = tar;
	while (a->links.left > 0) {
		int more = tar_next(tar, &m, why);
		if (more <= 0)
			return more;
		if (m.kind != TAR_FILE || m.bad || tar_path(m.name, &a->path, &unused) != 0)
			continue;
		if (archive_links_to(a, a->path.data, &m, &filled, &has_filled, why) != 0)
			return -1;
		has_filled = false;
		if (a->ended)
			return 2;
	}
	return 0;
}

void
archive_lost_links(struct archive *a, const char *why)
{
	const char *path, *target;
	struct error text;
	for (size_t at = 0; (path = links_rest(&a->links, &at, &target)) != NULL;) {
		error_set(&text, "a link to '%.200s', which %s", target, why);
		a->events->problem(a->events->context, path, text.text);
	}
}

const char *
archive_example(const struct archive *a)
{
	return a->example.len > 0 ? a->example.data : NULL;
}
