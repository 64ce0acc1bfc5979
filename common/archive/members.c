#include "archive/members.h"

#include "archive/tar.h"
#include "archive/zip.h"
#include "base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a file begins with a member of a zip archive, with the end of one without members, or
 * as the first part of one; or has its name, as one with a program before it. */
static bool
members_are_zipped(int fd, const char *path)
{
	char b[4];
	return (pread(fd, b, 4, 0) == 4 && memcmp(b, "PK", 2) == 0 && strchr("\3\5\7", b[2]) &&
	           b[3] == b[2] + 1) ||
	       path_ends_in(path, strlen(path), ".zip");
}

int
members_open(struct members *a, const char *path, struct error *why)
{
	struct stat st;
	*a = (struct members){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (a->fd < 0)
		return error_errno(why, "cannot be opened");
	if (fstat(a->fd, &st) != 0)
		return error_errno(why, "cannot be examined");
	a->whole = (uint64_t)st.st_size;
	a->time = st.st_mtim;
	if (members_are_zipped(a->fd, path)) {
		a->zip = zip_open(a->fd, path, a->whole, why);
		return a->zip ? 0 : -1;
	}
	return members_rewind(a, why);
}

int
members_rewind(struct members *a, struct error *why)
{
	if (a->zip)
		return zip_rewind(a->zip, why);
	tar_free(a->tar);
	a->tar = NULL;
	source_free(&a->file);
	if (lseek(a->fd, 0, SEEK_SET) < 0)
		return error_errno(why, "cannot be read");
	source_start(&a->file, a->fd);
	a->tar = tar_new(&a->file);
	return 0;
}

int
members_next(struct members *a, struct member *m, struct error *why)
{
	int more = a->zip ? zip_next(a->zip, m, why) : tar_next(a->tar, m, why);
	if (more > 0) {
		m->range.checked = a->fd >= 0;
		m->range.whole = a->whole;
		m->range.time = a->time;
	}
	return more;
}

void
members_close(struct members *a)
{
	zip_free(a->zip);
	tar_free(a->tar);
	source_free(&a->file);
	if (a->fd >= 0)
		close(a->fd);
	*a = (struct members){.fd = -1};
}
