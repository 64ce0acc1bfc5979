#include "scan/listing.h"

#include "base/bytes.h"
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

/* An entry is stored as a byte for its kind and two strings: its name, and the real path of a link
 * or the reason of a failure, else nothing. */
static void
listing_add(struct listing *l, enum entry_kind kind, const char *name, const char *more)
{
	buf_add(&l->text, &(char){(char)kind}, 1);
	buf_add(&l->text, name, strlen(name) + 1);
	buf_add(&l->text, more, strlen(more) + 1);
	l->count++;
	l->dirs += kind == ENTRY_DIR;
}

/* An entry that cannot be read, for the reason in errno. */
static void
listing_add_failed(struct listing *l, int fd, const char *name)
{
	char target[PATH_MAX], why[PATH_MAX + 32];
	ssize_t len = errno == ENOENT ? readlinkat(fd, name, target, sizeof target) : -1;
	if (len > 0)
		snprintf(why, sizeof why, "broken link to %.*s", (int)len, target);
	else
		snprintf(why, sizeof why, "%s", strerror(errno));
	listing_add(l, ENTRY_FAILED, name, why);
}

/* A symbolic link: to be treated as what it leads to. */
static void
listing_add_link(struct listing *l, int fd, const char *dir, const char *name)
{
	struct stat st;
	if (fstatat(fd, name, &st, 0) != 0) {
		listing_add_failed(l, fd, name);
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
		listing_add_failed(l, fd, name);
	free(real);
	free(path);
}

/* The type of an entry, also where the file system does not report it. */
static unsigned char
listing_type(int fd, const struct dirent *e)
{
	struct stat st;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	/* Gone since readdir: as if it had never been there. Other errors are those of a link. */
	if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? DT_UNKNOWN : DT_LNK;
	return (unsigned char)IFTODT(st.st_mode);
}

static void
listing_read_entries(struct listing *l, DIR *d, const char *path)
{
	const struct dirent *e;
	buf_reserve(&l->text, 1000); /* most directories need less */
	while (errno = 0, (e = readdir(d)) != NULL) {
		const char *name = e->d_name;
		if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
			continue;
		unsigned char type = listing_type(dirfd(d), e);
		if (type == DT_REG && match_stem(name) > 0)
			listing_add(l, ENTRY_FILE, name, "");
		else if (type == DT_DIR)
			listing_add(l, ENTRY_DIR, name, "");
		else if (type == DT_LNK)
			listing_add_link(l, dirfd(d), path, name);
	}
	if (errno != 0)
		buf_addf(&l->why, "read only in part: %s", strerror(errno));
}

static void
listing_sort(struct listing *l)
{
	for (char *p = l->text.data; p < l->text.data + l->text.len; p += strlen(p) + 1) {
		p++;
		buf_add(&l->names, &p, sizeof p);
		p += strlen(p) + 1;
	}
	qsort(l->names.data, l->count, sizeof(char *), compare_strings);
}

void
listing_read(struct listing *l, const char *path)
{
	DIR *d = opendir(path);
	if (!d) {
		buf_addf(&l->why, "%s", strerror(errno));
		return;
	}
	listing_read_entries(l, d, path);
	closedir(d);
	if (l->count > 0)
		listing_sort(l);
	l->bytes = l->text.capacity + l->names.capacity;
}

struct entry
listing_entry(const struct listing *l, size_t i)
{
	const char *name = ((char **)(void *)l->names.data)[i];
	const char *more = name + strlen(name) + 1;
	return (struct entry){.kind = (enum entry_kind)name[-1],
	    .name = name,
	    .link = *more ? more : NULL,
	    .why = more};
}

void
listing_clear(struct listing *l, size_t keep)
{
	struct buf *kept[] = {&l->text, &l->names, &l->why};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		kept[i]->len = 0;
		if (kept[i]->capacity > keep)
			buf_free(kept[i]);
	}
	l->count = l->dirs = l->bytes = 0;
}
