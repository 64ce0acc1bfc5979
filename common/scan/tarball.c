#include "scan/tarball.h"

#include "scan/archive.h"
#include "archive/input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMBERS_A_STEP = 64 };

struct tarball {
	const char *path;
	int fd;
	struct places *places;
	const struct tarball_events *events;
	struct tar_input input;
	struct tar *tar;
};

static int
tarball_place(void *context, const struct tar_member *m, uint64_t *where)
{
	struct tarball *t = context;
	*where = places_add(t->places, m);
	return *where > 0 ? 0 : -1;
}

static void
tarball_drop(void *context, uint64_t where)
{
	struct tarball *t = context;
	places_drop(t->places, where);
}

static void
tarball_bad_member(void *context, const char *name, const char *why)
{
	struct tarball *t = context;
	struct buf path = {0};
	if (!t->events->problem)
		return;
	/* Without memory for its path the name alone must do. */
	bool whole = assembled_path(
	                 &(struct assembled_file){.dir = t->path, .name = name}, &path) == 0 &&
	             buf_add(&path, "", 1) == 0;
	t->events->problem(t->events->context, whole ? path.data : name, why);
	buf_free(&path);
}

/* The archive as if it had been unpacked into a directory of its name: an absolute path, so that
 * `tar -C s1 -cf s1.tar .` has the paths that rules look for. */
static char *
tarball_real(const char *path)
{
	char *real = realpath(path, NULL);
	size_t len = real ? strlen(real) : 0;
	if (len > 4 && strcmp(real + len - 4, ".tar") == 0)
		real[len - 4] = '\0';
	return real;
}

/* Starts to read it from its beginning. Returns 0, or -1 with the reason. */
static int
tarball_rewind(struct tarball *t, struct error *why)
{
	tar_free(t->tar);
	tar_input_close(&t->input);
	t->tar = NULL;
	if (tar_input_open(&t->input, t->fd, why) != 0)
		return -1;
	t->tar = tar_new(&t->input.source);
	return t->tar ? 0 : error_set(why, "out of memory");
}

/* All members, then those that links lead to. Returns as archive_next. */
static int
tarball_members(struct tarball *t, struct archive *a, char **example, struct error *why)
{
	int more = 1;
	for (unsigned n = 1; more == 1; n++) {
		more = archive_next(a, why);
		if (n % MEMBERS_A_STEP == 0 && !t->events->step(t->events->context))
			more = 2;
	}
	if (more == 0 && archive_links(a) > 0) {
		more = tarball_rewind(t, why) == 0 ? archive_resolve(a, t->tar, why) : -1;
		archive_lost_links(a, "is not in the archive");
	}
	if (!*example && archive_example(a))
		*example = strdup(archive_example(a));
	return more;
}

/* A download that is still going on: what was listed lies where it did, but there may be more. */
static bool
tarball_changed(int fd, const struct stat *before)
{
	struct stat now;
	return fstat(fd, &now) != 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

static int
tarball_read(struct tarball *t, struct assembler *assembler, char **example, struct error *why)
{
	struct archive_events events = {.context = t,
	    .place = tarball_place,
	    .drop = tarball_drop,
	    .problem = tarball_bad_member};
	struct stat st;
	if (fstat(t->fd, &st) != 0)
		return error_errno(why, "can't be examined");
	char *real = tarball_real(t->path);
	struct archive *a = NULL;
	int more = tarball_rewind(t, why);
	if (more == 0 && real &&
	    places_archive(t->places, t->path, (uint64_t)st.st_size, &st.st_mtim) == 0)
		a = archive_new(t->tar, assembler, t->path, real, &events);
	if (a)
		more = tarball_members(t, a, example, why);
	else if (more == 0)
		more = error_set(why, "out of memory");
	if (more == 0 && tarball_changed(t->fd, &st))
		more = error_set(why, "the archive changed while it was scanned");
	archive_free(a);
	tar_free(t->tar);
	tar_input_close(&t->input);
	free(real);
	return more == 0 ? 1 : more;
}

int
tarball_scan(const char *path, struct assembler *assembler, struct places *places,
    const struct tarball_events *events, char **example, struct error *why)
{
	struct tarball t = {.path = path, .places = places, .events = events};
	t.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t.fd < 0)
		return error_errno(why, "can't be opened");
	int more = tarball_read(&t, assembler, example, why);
	close(t.fd);
	return more;
}
