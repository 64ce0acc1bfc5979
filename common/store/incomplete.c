#include "store/incomplete.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOOT_SIZE = 64, TEXT_SIZE = 256 };

/* Reads the start of a file as a string. */
static int
read_text(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

/* The id of the running boot, "" where there is none. */
static void
running_boot(char *boot)
{
	char text[TEXT_SIZE] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	*boot = '\0';
	if (fd < 0)
		return;
	if (read_text(fd, text, sizeof text) == 0)
		sscanf(text, "%63s", boot);
	close(fd);
}

bool
incomplete_knows_boot(void)
{
	char boot[BOOT_SIZE];
	running_boot(boot);
	return *boot != '\0';
}

static const char *const synced_words[] = {
    [SYNCED_NO] = "no", [SYNCED_YES] = "yes", [SYNCED_FAILED] = "failed"};

/* What the file says. An empty one was left before anything was committed: there was no load. A
 * file that can't be understood counts as the worst: unsynced, from another boot. */
static int
understand(struct incomplete *i, struct error *why)
{
	char text[TEXT_SIZE], boot[BOOT_SIZE], synced[8], running[BOOT_SIZE];
	if (read_text(i->fd, text, sizeof text) != 0)
		return error_errno(why, "reading the file 'incomplete'");
	i->found = *text != '\0';
	i->synced = false;
	i->lost = i->found;
	if (sscanf(text, "boot %63s synced %7s", boot, synced) != 2)
		return 0;
	running_boot(running);
	bool same_boot = *running && strcmp(boot, running) == 0;
	i->synced = strcmp(synced, synced_words[SYNCED_YES]) == 0;
	i->lost = !i->synced && (!same_boot || strcmp(synced, synced_words[SYNCED_NO]) != 0);
	return 0;
}

static struct flock
whole_file(short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static int
refuse_locked(int fd, struct error *why)
{
	struct flock holder = whole_file(F_WRLCK);
	if (errno != EACCES && errno != EAGAIN)
		return error_errno(why, "locking the file 'incomplete'");
	if (fcntl(fd, F_GETLK, &holder) != 0 || holder.l_type == F_UNLCK)
		holder.l_pid = 0;
	return error_set(why,
	    "another rsenc-load (process %ld) is loading into it: wait for its end",
	    (long)holder.l_pid);
}

/* True if the open file still is what the path names: the loader that held it before may have
 * removed it while this one waited to open or lock it. */
static bool
is_current(int fd, const char *path)
{
	struct stat held, named;
	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

int
incomplete_take(struct incomplete *i, const char *path, struct error *why)
{
	for (;;) {
		i->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (i->fd < 0)
			return error_errno(why, "making the file 'incomplete'");
		struct flock lock = whole_file(F_WRLCK);
		if (fcntl(i->fd, F_SETLK, &lock) != 0) {
			refuse_locked(i->fd, why);
			break;
		}
		if (is_current(i->fd, path)) {
			if (understand(i, why) == 0)
				return 0;
			break;
		}
		close(i->fd);
	}
	incomplete_release(i);
	return -1;
}

int
incomplete_write(struct incomplete *i, enum incomplete_synced synced, struct error *why)
{
	char text[TEXT_SIZE], boot[BOOT_SIZE];
	running_boot(boot);
	int len = snprintf(text, sizeof text, "boot %s\nsynced %s\n", *boot ? boot : "unknown",
	    synced_words[synced]);
	/* One short write within a sector: there is no half-written state. */
	if (pwrite(i->fd, text, (size_t)len, 0) != len || ftruncate(i->fd, len) != 0 ||
	    fsync(i->fd) != 0)
		return error_errno(why, "writing the file 'incomplete'");
	i->synced = synced == SYNCED_YES;
	return 0;
}

int
incomplete_remove(struct incomplete *i, const char *path, struct error *why)
{
	int status = 0;
	if (unlink(path) != 0)
		status = error_errno(why, "removing the file 'incomplete'");
	incomplete_release(i);
	return status;
}

void
incomplete_release(struct incomplete *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

enum incomplete_state
incomplete_look(const char *path)
{
	struct incomplete i = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (i.fd < 0)
		return INCOMPLETE_NONE;
	struct flock holder = whole_file(F_RDLCK);
	enum incomplete_state state = INCOMPLETE_ENDED;
	if (fcntl(i.fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK)
		state = INCOMPLETE_LOADING;
	else if (understand(&i, NULL) != 0 || i.lost)
		state = INCOMPLETE_LOST;
	incomplete_release(&i);
	return state;
}
