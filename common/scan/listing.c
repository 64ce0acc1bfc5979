#include "scan/listing.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/match.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An entry is stored as a byte for its kind, its name and a NUL; TAG_MORE adds a second
 * string, which is the real path of a link or the reason of a failure. */
enum { TAG_MORE = 1 << 4 };

static void
listing_add(struct listing *l, enum entry_kind kind, const char *name, const char *more)
{
	char tag = (char)((int)kind | (more ? TAG_MORE : 0));
	buf_add(&l->text, &tag, 1);
	buf_add(&l->text, name, strlen(name) + 1);
	if (more)
		buf_add(&l->text, more, strlen(more) + 1);
	l->count++;
	l->dirs += kind == ENTRY_DIR;
}

/* The text of errno in `reason`. */
static char *
listing_reason(char reason[128])
{
	if (strerror_r(errno, reason, 128) != 0)
		snprintf(reason, 128, "error %d", errno);
	return reason;
}

static void
listing_add_failed(struct listing *l, const char *name)
{
	char reason[128];
	listing_add(l, ENTRY_FAILED, name, listing_reason(reason));
}

static void
listing_add_broken_link(struct listing *l, int fd, const char *name)
{
	char target[PATH_MAX], why[PATH_MAX + 32];
	ssize_t len = readlinkat(fd, name, target, sizeof target);
	snprintf(why, sizeof why, "broken link to %.*s", len > 0 ? (int)len : 0, target);
	listing_add(l, ENTRY_FAILED, name, why);
}

/* A symbolic link: to be treated as what it leads to. */
static void
listing_add_link(struct listing *l, int fd, const char *dir, const char *name)
{
	struct stat st;
	if (fstatat(fd, name, &st, 0) != 0) {
		if (errno == ENOENT)
			listing_add_broken_link(l, fd, name);
		else
			listing_add_failed(l, name);
		return;
	}
	bool is_dir = S_ISDIR(st.st_mode);
	if (!is_dir && !(S_ISREG(st.st_mode) && match_stem(name) > 0))
		return;
	/* Only for what is wanted: realpath looks at each part of the path. */
	char *path = path_join(dir, name), *real = realpath(path, NULL);
	if (real)
		listing_add(l, is_dir ? ENTRY_DIR : ENTRY_FILE, name, real);
	else
		listing_add_failed(l, name);
	free(real);
	free(path);
}

/* An entry whose kind the file system does not report. */
static unsigned char
listing_find_type(struct listing *l, int fd, const char *name)
{
	struct stat st;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		/* Gone since readdir: as if it had never been there. */
		if (errno != ENOENT)
			listing_add_failed(l, name);
		return DT_UNKNOWN;
	}
	return S_ISLNK(st.st_mode)   ? DT_LNK
	       : S_ISDIR(st.st_mode) ? DT_DIR
	       : S_ISREG(st.st_mode) ? DT_REG
	                             : DT_UNKNOWN;
}

static void
listing_read_entries(struct listing *l, DIR *d, const char *path)
{
	const struct dirent *e;
	while (errno = 0, (e = readdir(d)) != NULL) {
		const char *name = e->d_name;
		if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
			continue;
		unsigned char type = e->d_type;
		if (type == DT_UNKNOWN)
			type = listing_find_type(l, dirfd(d), name);
		if (type == DT_REG && match_stem(name) > 0)
			listing_add(l, ENTRY_FILE, name, NULL);
		else if (type == DT_DIR)
			listing_add(l, ENTRY_DIR, name, NULL);
		else if (type == DT_LNK)
			listing_add_link(l, dirfd(d), path, name);
	}
	char reason[128];
	if (errno != 0)
		snprintf(l->why, sizeof l->why, "read only in part: %s", listing_reason(reason));
}

static int
listing_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
listing_sort(struct listing *l)
{
	l->names = xcalloc(l->count, sizeof *l->names);
	char *p = l->text.data;
	for (size_t i = 0; i < l->count; i++) {
		int more = *p & TAG_MORE;
		l->names[i] = ++p;
		p += strlen(p) + 1;
		if (more)
			p += strlen(p) + 1;
	}
	qsort(l->names, l->count, sizeof *l->names, listing_compare);
}

void
listing_read(struct listing *l, const char *path)
{
	char reason[128];
	DIR *d = opendir(path);
	if (!d) {
		snprintf(l->why, sizeof l->why, "%s", listing_reason(reason));
		return;
	}
	listing_read_entries(l, d, path);
	closedir(d);
	if (l->count > 0)
		listing_sort(l);
	l->bytes = l->text.capacity + l->count * sizeof *l->names;
}

struct entry
listing_entry(const struct listing *l, size_t i)
{
	const char *name = l->names[i];
	int tag = (unsigned char)name[-1];
	const char *more = tag & TAG_MORE ? name + strlen(name) + 1 : NULL;
	struct entry e = {.kind = (enum entry_kind)(tag & ~TAG_MORE), .name = name};
	if (e.kind == ENTRY_FAILED)
		e.why = more;
	else
		e.link = more;
	return e;
}

void
listing_free(struct listing *l)
{
	buf_free(&l->text);
	free(l->names);
	*l = (struct listing){0};
}
