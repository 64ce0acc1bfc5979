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

/* So that what is added next can still be found by 32 bits. */
static const size_t LISTING_MAX = UINT32_MAX - (1 << 16);

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
	/* Only for what is wanted: realpath looks at each part of the path. */
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
		/* Gone since readdir: as if it had never been there. */
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
		/* What was read until here is visited all the same, and the directory is named. */
		if (l->text.len > LISTING_MAX) {
			snprintf(l->why, sizeof l->why, "not read to its end: 4 GiB of names");
			return 0;
		}
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

/* ---- order ---- */

enum { SORT_FEW = 12 };

static void
listing_swap(uint32_t *a, uint32_t *b)
{
	uint32_t swap = *a;
	*a = *b;
	*b = swap;
}

static void
listing_sort_few(const char *text, uint32_t *names, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t k = i; k > 0 && strcmp(text + names[k - 1], text + names[k]) > 0; k--)
			listing_swap(&names[k - 1], &names[k]);
	}
}

/* Sorts names that agree in `depth` bytes: by the next one into less, equal and greater, and so on
 * (Bentley and Sedgewick's multikey quicksort). Names of one directory begin alike, and qsort would
 * compare those bytes again and again; nor can it compare offsets without a pointer to the text in
 * a global. The recursion goes into all but the largest part: it is as deep as the logarithm of
 * their number. */
static void
listing_sort_from(const char *text, uint32_t *names, size_t count, size_t depth)
{
	while (count > SORT_FEW) {
		unsigned char pivot = (unsigned char)text[names[count / 2] + depth];
		size_t less = 0, greater = count;
		for (size_t i = 0; i < greater;) {
			unsigned char c = (unsigned char)text[names[i] + depth];
			if (c < pivot)
				listing_swap(&names[less++], &names[i++]);
			else if (c > pivot)
				listing_swap(&names[i], &names[--greater]);
			else
				i++;
		}
		struct {
			uint32_t *names;
			size_t count, depth;
		} part[3] = {{names, less, depth}, {names + less, greater - less, depth + 1},
		    {names + greater, count - greater, depth}};
		/* Names that ended are all the same: no directory has one twice. */
		if (pivot == '\0')
			part[1].count = 0;
		size_t largest = 0;
		for (size_t i = 1; i < 3; i++)
			largest = part[i].count > part[largest].count ? i : largest;
		for (size_t i = 0; i < 3; i++) {
			if (i != largest)
				listing_sort_from(
				    text, part[i].names, part[i].count, part[i].depth);
		}
		names = part[largest].names;
		count = part[largest].count;
		depth = part[largest].depth;
	}
	listing_sort_few(text, names, count);
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
		l->names[i] = (uint32_t)(++p - l->text.data);
		p += strlen(p) + 1;
		if (more)
			p += strlen(p) + 1;
	}
	listing_sort_from(l->text.data, l->names, l->count, 0);
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
	const char *name = l->text.data + l->names[i];
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
