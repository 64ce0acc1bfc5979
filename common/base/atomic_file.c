#include "base/atomic_file.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	HOST_SIZE = 65,
	NAME_KEPT = 120, /* bytes of the name in a temporary one: the rest takes up to 125 more */
	TRIES = 100
};

static const char ending[] = ".tmp";

/* Up to the writer's number: a pid is one machine's, and a shared file system has many. */
static void
atomic_prefix(const char *path, char to[NAME_MAX + 1])
{
	char host[HOST_SIZE] = "";
	gethostname(host, sizeof host - 1);
	snprintf(to, NAME_MAX + 1, ".%.*s.%s.", NAME_KEPT, path_name(path), host);
}

static void
atomic_free(struct atomic_file *f)
{
	free(f->path);
	free(f->directory);
	free(f->temporary);
	*f = (struct atomic_file){.fd = -1};
}

int
atomic_file_begin(struct atomic_file *f, const char *path, struct error *why)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };
	char prefix[NAME_MAX + 1], name[NAME_MAX + 80];
	*f = (struct atomic_file){.fd = -1};
	if (*path_name(path) == '\0')
		return error_set(why, "not a file name");
	f->path = xstrdup(path);
	f->directory = path_parent(path);
	atomic_prefix(path, prefix);
	/* Containers may share a host's name and count processes on their own. */
	for (int i = 0; i < TRIES && f->fd < 0 && (i == 0 || errno == EEXIST); i++) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(name, sizeof name, "%s%ld.%" PRIdMAX "%09ld%s", prefix, (long)getpid(),
		    (intmax_t)now.tv_sec, now.tv_nsec, ending);
		free(f->temporary);
		f->temporary = path_join(f->directory, name);
		f->fd = open(f->temporary, FLAGS, 0666);
	}
	if (f->fd >= 0)
		return 0;
	error_errno(why, "cannot be created in %s", f->directory);
	atomic_free(f);
	return -1;
}

int
atomic_file_commit(struct atomic_file *f, bool durable, struct error *why)
{
	/* In this order, or a power cut leaves the name with nothing behind it: data, name, and the
	 * directory that holds the name. */
	int bad = durable && fsync(f->fd) != 0 ? errno : 0;
	/* Disks over a network report only here that they are full. */
	if (close(f->fd) != 0 && !bad)
		bad = errno;
	if (!bad && rename(f->temporary, f->path) != 0)
		bad = errno;
	if (bad)
		unlink(f->temporary);
	errno = bad;
	int status = bad       ? error_errno(why, "cannot be written")
	             : durable ? file_sync_directory(f->directory, why)
	                       : 0;
	atomic_free(f);
	return status;
}

void
atomic_file_abandon(struct atomic_file *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	unlink(f->temporary);
	atomic_free(f);
}

int
atomic_file_write(const char *path, const void *bytes, size_t len, bool durable, struct error *why)
{
	struct atomic_file f;
	if (atomic_file_begin(&f, path, why) != 0)
		return -1;
	if (file_write_all(f.fd, bytes, len) == 0)
		return atomic_file_commit(&f, durable, why);
	error_errno(why, "cannot be written");
	atomic_file_abandon(&f);
	return -1;
}

/* Whether a name is one of ours, by a dead process. */
static bool
atomic_is_stale(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	char *end;
	if (strncmp(name, prefix, len) != 0)
		return false;
	long pid = strtol(name + len, &end, 10);
	size_t digits = *end == '.' ? strspn(end + 1, "0123456789") : 0;
	if (digits == 0 || strcmp(end + 1 + digits, ending) != 0 || pid <= 0)
		return false;
	return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

void
atomic_file_clean(const char *path)
{
	char prefix[NAME_MAX + 1], *directory = path_parent(path);
	DIR *d = opendir(directory);
	const struct dirent *e;
	atomic_prefix(path, prefix);
	while (d && (e = readdir(d))) {
		/* A process of another container may only seem to be dead: it fails then when it
		 * renames what is gone, and this run has taken its place. */
		if (atomic_is_stale(e->d_name, prefix))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
	free(directory);
}
