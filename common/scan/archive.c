#include "scan/archive.h"

#include "archive/members.h"
#include "archive/path.h"
#include "base/alloc.h"
#include "base/path.h"
#include "scan/links.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* About what a waiting file takes beside its data and name: its records here and in pending.h. */
enum { FILE_COST = 400 };

/* Members that can be read again are read twice if there are links. */
enum pass { PASS_STREAM, PASS_FILES, PASS_LINKS };

struct archive {
	struct members members;
	enum pass pass;
	struct groups *groups;
	archive_problem *problem;
	void *context;
	const char *path; /* of the archive, as printed; "" for a stream */
	char *real;       /* the directory that it stands for, absolute */

	/* The directory of the last file, and the one before it: the matcher knows a directory by
	 * its address. */
	struct directory dirs[2];
	struct buf dir_path[2], dir_real[2];
	struct buf dir_name; /* of dirs[current], in the archive */
	int current;         /* -1: there is none */

	struct buf name, target, joined; /* paths of the current member */
	struct buf example;
	struct links links;
	uint32_t given; /* of them, after the second pass */

	uint64_t max_memory, waiting; /* bytes of a stream's files whose patch is incomplete */
};

static struct archive *
archive_new(struct groups *groups, archive_problem *problem, void *context)
{
	struct archive *a = xcalloc(1, sizeof *a);
	a->groups = groups;
	a->problem = problem;
	a->context = context;
	a->current = -1;
	return a;
}

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
archive_open(const char *path, struct groups *groups, archive_problem *problem, void *context,
    struct error *why)
{
	struct archive *a = archive_new(groups, problem, context);
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
archive_stream(struct source *source, uint64_t max_memory, struct groups *groups,
    archive_problem *problem, void *context)
{
	struct archive *a = archive_new(groups, problem, context);
	a->path = "";
	a->real = xstrdup("/");
	a->max_memory = max_memory;
	members_start(&a->members, source);
	return a;
}

void
archive_close(struct archive *a)
{
	if (!a)
		return;
	struct buf *paths[] = {&a->dir_path[0], &a->dir_path[1], &a->dir_real[0], &a->dir_real[1],
	    &a->dir_name, &a->name, &a->target, &a->joined, &a->example};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		buf_free(paths[i]);
	for (size_t i = 0; i < a->links.count; i++)
		archive_file_release(a->links.link[i].file);
	links_free(&a->links);
	members_close(&a->members);
	free(a->real);
	free(a);
}

/* ---- paths ---- */

/* Replaces `out` by TOP/PATH, or by one of them where the other is empty; at least ".". */
static const char *
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

/* The directory of a member. */
static struct directory *
archive_dir(struct archive *a, const char *path)
{
	const char *name = path_name(path);
	size_t len = name > path ? (size_t)(name - path) - 1 : 0;
	if (a->current >= 0 && a->dir_name.len == len && memcmp(a->dir_name.data, path, len) == 0)
		return &a->dirs[a->current];
	a->current = a->current == 0;
	a->dir_name.len = 0;
	buf_reserve(&a->dir_name, len + 1);
	buf_add(&a->dir_name, path, len);
	archive_join(&a->dir_path[a->current], a->path, path, len);
	archive_join(&a->dir_real[a->current], a->real, path, len);
	char *real = a->dir_real[a->current].data;
	a->dirs[a->current] = (struct directory){.path = a->dir_path[a->current].data,
	    .real = real,
	    .path_as_given = real,
	    .archive = strlen(a->real)};
	return &a->dirs[a->current];
}

/* Reports a member, if its name is that of a TIFF file. */
static void
archive_report(struct archive *a, const char *path, const char *why)
{
	if (groups_wanted(path_name(path)))
		a->problem(a->context, archive_join(&a->joined, a->path, path, strlen(path)), why);
}

/* ---- files ---- */

static struct archive_file *
archive_file_new(const struct archive *a, const char *path, const struct member *m)
{
	struct archive_file *f = xcalloc(1, sizeof *f);
	f->range = m->range;
	f->users = 1;
	f->archive = a->pass == PASS_STREAM ? NULL : a->path;
	f->cost = m->range.size + strlen(path) + FILE_COST;
	return f;
}

void
archive_file_complete(struct archive *a, const struct archive_file *f)
{
	a->waiting -= f->cost;
}

uint64_t
archive_waiting(const struct archive *a)
{
	return a->waiting;
}

/* Reads the data of the current member of a stream, which counts as waiting already. */
static int
archive_load(struct archive *a, struct archive_file *f, struct error *why)
{
	if (a->max_memory == 0)
		return 0;
	if (f->range.size > a->max_memory) {
		return error_memory(why,
		    "%.1000s: has %" PRIu64 " bytes, more than the limit of %" PRIu64, a->name.data,
		    f->range.size, a->max_memory);
	}
	if (a->waiting > a->max_memory) {
		error_set(why,
		    "%.1000s: the files of incomplete patches need more memory than the limit of "
		    "%" PRIu64 " bytes: raise it with -M, or extract the archive, or scan it "
		    "uncompressed with rsenc-scan",
		    a->name.data, a->max_memory);
		return error_kind(why, ERROR_TOO_LARGE);
	}
	f->data = malloc((size_t)f->range.size + 1);
	return f->data ? members_read(&a->members, f->data, why)
	               : error_set(why, "%.1000s: out of memory", a->name.data);
}

/* Gives a file to the groups if a rule matches it. `real` is the path in the archive to which a
 * symbolic link leads, or NULL. Returns 0, or -1 with the reason where a stream's data cannot be
 * read. */
static int
archive_give(struct archive *a, const char *path, const char *real, struct archive_file *f,
    struct error *why)
{
	const char *name = path_name(path);
	if (!groups_wanted(name))
		return 0;
	if (a->example.len == 0)
		archive_join(&a->example, a->path, path, strlen(path));
	if (real)
		real = archive_join(&a->joined, a->real, real, strlen(real));
	struct directory *dir = archive_dir(a, path);
	if (!groups_match(a->groups, dir, name, real))
		return 0;
	a->waiting += f->cost;
	/* A file whose data cannot be read is in no group. */
	if (a->pass == PASS_STREAM && archive_load(a, f, why) != 0)
		return -1;
	f->users++;
	groups_add(a->groups, dir, name, (uint64_t)(uintptr_t)f);
	return 0;
}

/* ---- links ---- */

static const char link_loop[] = "a loop of links";
static const char link_in_stream[] = "a link, which a stream cannot follow: decompress the archive "
                                     "and scan it with rsenc-scan, or unpack it";
static const char missing_target[] = "a link to a file that is not in the archive";

/* Sets a->target to where `path` leads. False if there is a loop. */
static bool
archive_resolve(struct archive *a, const char *path)
{
	archive_join(&a->target, "", path, strlen(path));
	a->target.len--;
	return links_resolve(&a->links, &a->target);
}

/* The file at a->target in the second pass, or NULL. */
static struct archive_file *
archive_target(const struct archive *a)
{
	uint32_t target = links_find(&a->links, a->target.data, a->target.len);
	return target ? a->links.link[target - 1].file : NULL;
}

/* ---- members ---- */

/* In the second pass the last copy of a file to which links lead is remembered. */
static void
archive_remember(struct archive *a, struct archive_file *f)
{
	uint32_t link = links_find(&a->links, a->name.data, a->name.len);
	if (link == 0)
		return;
	f->users++;
	archive_file_release(a->links.link[link - 1].file);
	a->links.link[link - 1].file = f;
}

static int
archive_take_file(struct archive *a, const struct member *m, struct error *why)
{
	struct archive_file *f = archive_file_new(a, a->name.data, m);
	int status = 0;
	if (a->pass == PASS_LINKS)
		archive_remember(a, f);
	else
		status = archive_give(a, a->name.data, NULL, f, why);
	archive_file_release(f);
	return status;
}

/* A hard link of an archive that is read again: its target is known by now. */
static void
archive_take_hard_link(struct archive *a)
{
	bool resolved = links_resolve(&a->links, &a->target);
	struct archive_file *f = resolved ? archive_target(a) : NULL;
	if (!f) {
		archive_report(a, a->name.data, resolved ? missing_target : link_loop);
		return;
	}
	archive_give(a, a->name.data, NULL, f, NULL);
	archive_remember(a, f);
}

static void
archive_take_link(struct archive *a, const struct member *m)
{
	struct error reason;
	bool symbolic = m->kind == MEMBER_SYMLINK;
	if (symbolic && a->pass == PASS_LINKS)
		return;
	int bad = symbolic ? member_link_path(a->name.data, m->link, &a->target, &reason)
	                   : member_path(m->link, &a->target, &reason);
	if (a->pass == PASS_STREAM)
		archive_report(a, a->name.data, link_in_stream);
	else if (bad && a->pass == PASS_FILES)
		archive_report(a, a->name.data, reason.text);
	else if (bad)
		return;
	else if (symbolic)
		links_add(&a->links, a->name.data, a->target.data);
	else if (a->pass == PASS_FILES)
		links_get(&a->links, a->target.data);
	else
		archive_take_hard_link(a);
}

/* After the first pass: makes the target of each symbolic link known, so that its file is found. */
static int
archive_start_links(struct archive *a, struct error *why)
{
	for (uint32_t i = 1, count = (uint32_t)a->links.count; i <= count; i++) {
		if (archive_resolve(a, links_path(&a->links, i)))
			links_get(&a->links, a->target.data);
	}
	a->pass = PASS_LINKS;
	return members_rewind(&a->members, why) == 0 ? 1 : -1;
}

/* After the second pass: gives the next symbolic link. False if there are no more. */
static bool
archive_give_next_link(struct archive *a)
{
	while (a->given < a->links.count) {
		uint32_t i = ++a->given;
		const char *path = links_path(&a->links, i);
		if (a->links.link[i - 1].to == 0)
			continue;
		bool resolved = archive_resolve(a, path);
		struct archive_file *f = resolved ? archive_target(a) : NULL;
		if (f)
			archive_give(a, path, a->target.data, f, NULL);
		else
			archive_report(a, path, resolved ? missing_target : link_loop);
		return true;
	}
	return false;
}

/* The end of a pass. Returns as archive_next. */
static int
archive_end_pass(struct archive *a, struct error *why)
{
	if (a->pass == PASS_FILES && a->links.count > 0)
		return archive_start_links(a, why);
	if (a->pass == PASS_LINKS && archive_give_next_link(a))
		return 1;
	if (a->pass != PASS_STREAM && members_changed(&a->members))
		return error_set(why, "the archive changed while it was scanned");
	return 0;
}

int
archive_next(struct archive *a, struct error *why)
{
	struct member m;
	struct error reason;
	int more = a->given > 0 ? 0 : members_next(&a->members, &m, why);
	if (more <= 0)
		return more < 0 ? -1 : archive_end_pass(a, why);
	/* Files with other names matter only in the second pass: links may lead to them. */
	if (m.kind == MEMBER_OTHER ||
	    (m.kind == MEMBER_FILE && a->pass != PASS_LINKS && !groups_wanted(path_name(m.name))))
		return 1;
	if (m.refused && groups_wanted(path_name(m.name)))
		return error_set(why, "%.1000s: %s", m.name, m.refused);
	const char *bad = m.bad;
	if (!bad && member_path(m.name, &a->name, &reason) != 0)
		bad = reason.text;
	int status = 0;
	if (bad && a->pass != PASS_LINKS)
		archive_report(a, m.name, bad);
	else if (!bad && m.kind == MEMBER_FILE)
		status = archive_take_file(a, &m, why);
	else if (!bad)
		archive_take_link(a, &m);
	return status != 0 ? -1 : 1;
}

const char *
archive_example(const struct archive *a)
{
	return a->example.len > 0 ? a->example.data : NULL;
}
