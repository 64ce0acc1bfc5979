#include "base/atomic_file.h"

#include "base/file.h"

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

static const char *
newfile_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The part before the last slash, "." if there is none. */
static char *
newfile_directory(const char *path)
{
	size_t len = (size_t)(newfile_name(path) - path);
	if (len == 0)
		return strdup(".");
	return len == 1 ? strdup("/") : strndup(path, len - 1);
}

/* Up to the writer's number: a pid is one machine's, and a shared file system has many. */
static int
newfile_prefix(const char *path, char to[NAME_MAX + 1])
{
	char host[HOST_SIZE] = "";
	if (gethostname(host, sizeof host - 1) != 0)
		return -1;
	return snprintf(to, NAME_MAX + 1, ".%.*s.%s.", NAME_KEPT, newfile_name(path), host);
}

static int
newfile_open(struct atomic_file *f, const char *prefix, struct error *why)
{
	size_t size = strlen(f->directory) + strlen(prefix) + 80;
	f->temporary = malloc(size);
	if (!f->temporary)
		return error_set(why, "out of memory");
	for (int i = 0; i < TRIES; i++) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(f->temporary, size, "%s/%s%ld.%" PRIdMAX "%09ld%s", f->directory, prefix,
		    (long)getpid(), (intmax_t)now.tv_sec, now.tv_nsec, ending);
		f->fd = open(
		    f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (f->fd >= 0)
			return 0;
		/* Containers may share a host's name and count processes on their own. */
		if (errno != EEXIST)
			break;
	}
	return error_errno(why, "can't be created in %s", f->directory);
}

static void
newfile_free(struct atomic_file *f)
{
	free(f->path);
	free(f->directory);
	free(f->temporary);
	*f = (struct atomic_file){.fd = -1};
}

int
atomic_file_begin(struct atomic_file *f, const char *path, struct error *why)
{
	char prefix[NAME_MAX + 1];
	*f = (struct atomic_file){
	    .fd = -1, .path = strdup(path), .directory = newfile_directory(path)};
	if (!f->path || !f->directory)
		error_set(why, "out of memory");
	else if (*newfile_name(path) == '\0')
		error_set(why, "is no file name");
	else if (newfile_prefix(path, prefix) < 0)
		error_errno(why, "the name of this machine");
	else if (newfile_open(f, prefix, why) == 0)
		return 0;
	newfile_free(f);
	return -1;
}

int
atomic_file_commit(struct atomic_file *f, bool durable, struct error *why)
{
	/* In this order, or a power cut leaves the name with nothing behind it: data, name, and the
	 * directory that holds the name. */
	int bad = durable && fsync(f->fd) != 0 ? errno : 0;
	/* Disks over a network tell only here that they are full. */
	if (close(f->fd) != 0 && !bad)
		bad = errno;
	f->fd = -1;
	if (!bad && rename(f->temporary, f->path) != 0)
		bad = errno;
	if (bad)
		unlink(f->temporary);
	errno = bad;
	int status = bad       ? error_errno(why, "can't be written")
	             : durable ? file_sync_directory(f->directory, why)
	                       : 0;
	newfile_free(f);
	return status;
}

void
atomic_file_abandon(struct atomic_file *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	unlink(f->temporary);
	newfile_free(f);
}

/* Whether a name is one of ours, by a process that is no more. */
static bool
newfile_is_stale(const char *name, const char *prefix)
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
	char prefix[NAME_MAX + 1];
	char *directory = newfile_directory(path);
	DIR *d = directory ? opendir(directory) : NULL;
	if (d && newfile_prefix(path, prefix) > 0) {
		const struct dirent *e;
		while ((e = readdir(d))) {
			/* A process of another container may only seem to be no more: it fails then
			 * when it renames what is gone, and this run has taken its place. */
			if (newfile_is_stale(e->d_name, prefix))
				unlinkat(dirfd(d), e->d_name, 0);
		}
	}
	if (d)
		closedir(d);
	free(directory);
}
