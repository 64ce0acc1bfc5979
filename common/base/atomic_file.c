#include "base/atomic_file.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { NAME_KEPT = 160 }; /* bytes of the name: the rest takes up to 60 more */

/* A name beside `path` that no writer has, on no machine of a shared file system. */
static void
temporary_name(const char *directory, const char *path, struct buf *name)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	buf_addf(name, "%s/.%.*s.%ld.%" PRIdMAX "%09ld.tmp", directory, NAME_KEPT, path_name(path),
	    (long)getpid(), (intmax_t)now.tv_sec, now.tv_nsec);
}

static int
write_and_rename(int fd, const char *temporary, const char *path, const void *bytes, size_t len)
{
	int bad = file_write_all(fd, bytes, len) != 0 ? errno : 0;
	/* Disks over a network report only here that they are full. */
	if (close(fd) != 0 && !bad)
		bad = errno;
	if (!bad && rename(temporary, path) != 0)
		bad = errno;
	if (bad)
		unlink(temporary);
	errno = bad;
	return bad ? -1 : 0;
}

int
atomic_file_write(const char *path, const void *bytes, size_t len, struct error *why)
{
	char *directory = path_parent(path);
	struct buf temporary = {0};
	int status = 0;
	temporary_name(directory, path, &temporary);
	int fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		status = error_errno(why, "cannot be created in %s", directory);
	else if (write_and_rename(fd, temporary.data, path, bytes, len) != 0)
		status = error_errno(why, "cannot be written");
	buf_free(&temporary);
	free(directory);
	return status;
}
