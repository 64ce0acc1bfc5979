#include "scan/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* An entry is stored as a byte that tells its kind, its name and a NUL; TAG_MORE adds a second
 * string, which is the real path of a link or the reason of a failure. */
enum { TAG_MORE = 1 << 4 };

static int
listing_add(struct listing *l, enum entry_kind kind, const char *name, const char *more)
{
	char tag = (char)((int)kind | (more ? TAG_MORE : 0));
	if (buf_add(&l->text, &tag, 1) != 0 || buf_add(&l->text, name, strlen(name) + 1) != 0)
		return -1;
	if (more && buf_add(&l->text, more, strlen(more) + 1) != 0)
		return -1;
	l->count++;
	l->dirs += kind == ENTRY_DIR;
	return 0;
}

static int
listing_add_failed(struct listing *l, const char *name)
{
	char reason[128] = "";
	if (errno == ENOMEM || strerror_r(errno, reason, sizeof reason) != 0)
		return -1;
	return listing_add(l, ENTRY_FAILED, name, reason);
}

static char *
listing_real_path(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);
	char *path = malloc(dir_len + name_len + 2);
	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	path[dir_len] = '/';
	memcpy(path + dir_len + 1, name, name_len + 1);
	char *real = realpath(path, NULL);
	free(path);
	return real;
}

/* A symbolic link: to be treated as what it leads to. */
static int
listing_add_link(
    struct listing *l, int fd, const char *dir, const char *name, bool (*wanted)(const char *))
{
	struct stat st;
	if (fstatat(fd, name, &st, 0) != 0)
		return listing_add_failed(l, name);
	bool is_dir = S_ISDIR(st.st_mode);
	if (!is_dir && !(S_ISREG(st.st_mode) && wanted(name)))
		return 0;
	char *real = listing_real_path(dir, name);
	if (!real)
		return listing_add_failed(l, name);
	int status = listing_add(l, is_dir ? ENTRY_DIR : ENTRY_FILE, name, real);
	free(real);
	return status;
}

/* An entry whose kind the filesystem did not tell. */
static int
listing_add_unknown(
    struct listing *l, int fd, const char *dir, const char *name, bool (*wanted)(const char *))
{
	struct stat st;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : listing_add_failed(l, name);
	if (S_ISLNK(st.st_mode))
		return listing_add_link(l, fd, dir, name, wanted);
	if (S_ISDIR(st.st_mode))
		return listing_add(l, ENTRY_DIR, name, NULL);
	return S_ISREG(st.st_mode) && wanted(name) ? listing_add(l, ENTRY_FILE, name, NULL) : 0;
}

static int
listing_read_entries(struct listing *l, DIR *d, const char *path, bool (*wanted)(const char *))
{
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(d);
		if (!e)
			break;
		const char *name = e->d_name;
		if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
			continue;
		int status = 0;
		if (e->d_type == DT_REG)
			status = wanted(name) ? listing_add(l, ENTRY_FILE, name, NULL) : 0;
		else if (e->d_type == DT_DIR)
			status = listing_add(l, ENTRY_DIR, name, NULL);
		else if (e->d_type == DT_LNK)
			status = listing_add_link(l, dirfd(d), path, name, wanted);
		else if (e->d_type == DT_UNKNOWN)
			status = listing_add_unknown(l, dirfd(d), path, name, wanted);
		if (status != 0)
			return -1;
	}
	if (errno != 0) {
		char reason[128] = "";
		strerror_r(errno, reason, sizeof reason);
		snprintf(l->why, sizeof l->why, "not read to its end: %s", reason);
	}
	return 0;
}

static int
listing_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
listing_sort(struct listing *l)
{
	if (l->count == 0)
		return 0;
	l->names = malloc(l->count * sizeof *l->names);
	if (!l->names)
		return -1;
	const char *p = l->text.data;
	for (size_t i = 0; i < l->count; i++) {
		int more = *p & TAG_MORE;
		l->names[i] = ++p;
		p += strlen(p) + 1;
		if (more)
			p += strlen(p) + 1;
	}
	qsort(l->names, l->count, sizeof *l->names, listing_compare);
	return 0;
}

int
listing_read(struct listing *l, const char *path, bool (*wanted)(const char *name))
{
	DIR *d = opendir(path);
	if (!d) {
		if (errno == ENOMEM || strerror_r(errno, l->why, sizeof l->why) != 0)
			return -1;
		return 0;
	}
	int status = listing_read_entries(l, d, path, wanted);
	closedir(d);
	if (status == 0)
		status = listing_sort(l);
	l->bytes = l->text.capacity + l->count * sizeof *l->names;
	return status;
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
