#include "store/incomplete.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOOT_SIZE = 64, TEXT_SIZE = 512 };

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

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static void
read_point(const char *hex, struct point *point)
{
	for (; point->len < POINT_SIZE; hex += 2) {
		int high = hex_digit(hex[0]), low = high < 0 ? -1 : hex_digit(hex[1]);
		if (low < 0)
			break;
		point->bytes[point->len++] = (unsigned char)(high * 16 + low);
	}
}

/* What the file says. An empty one was left before anything was committed: there was no load. A
 * file that can't be understood counts as the worst: unsynced, from another boot. */
static int
understand(struct incomplete *i, struct error *why)
{
	char text[TEXT_SIZE], boot[BOOT_SIZE], synced[8], running[BOOT_SIZE];
	int hex = 0;
	if (read_text(i->fd, text, sizeof text) != 0)
		return error_errno(why, "reading the file 'incomplete'");
	i->found = *text != '\0';
	i->synced = false;
	i->lost = i->found;
	i->point.len = 0;
	if (sscanf(text, "boot %63s synced %7s point %n", boot, synced, &hex) != 2)
		return 0;
	running_boot(running);
	bool same_boot = *running && strcmp(boot, running) == 0;
	bool failed = strcmp(synced, synced_words[SYNCED_NO]) != 0;
	i->synced = strcmp(synced, synced_words[SYNCED_YES]) == 0;
	i->lost = !i->synced && (!same_boot || failed);
	if (hex > 0)
		read_point(text + hex, &i->point);
	i->goes_back = i->lost && !failed && i->point.len > 0;
	return 0;
}

static struct flock
whole_file(short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* POSIX lets a lock that another holds be refused with EACCES too; where locks can't be had at all
 * (Lustre without flock, some NFS and FUSE) nobody can be named as its holder. Returns whether another
 * holds it. */
static bool
refuse_locked(int fd, struct error *why)
{
	int cause = errno;
	struct flock holder = whole_file(F_WRLCK);
	bool told = fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
	bool held = cause == EAGAIN || told;
	if (held)
		error_set(why, "another load (process %ld) into it is going on: wait for its end",
		    told ? (long)holder.l_pid : 0);
	else
		error_set(why,
		    "files can't be locked here (%s): load to a local disk and copy it here, or "
		    "have "
		    "the file system mounted with locks (Lustre: -o flock)",
		    strerror(cause));
	return held;
}

/* The loader that held it before may have removed it while this one waited to open or lock it, or
 * somebody has removed the database. */
bool
incomplete_is_ours(const struct incomplete *i, const char *path)
{
	struct stat held, named;
	return i->fd >= 0 && fstat(i->fd, &held) == 0 && stat(path, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Opens the file; *made says whether it was not there. */
static int
open_file(const char *path, bool *made)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	*made = fd >= 0;
	return fd >= 0 || errno != EEXIST ? fd : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

int
incomplete_take(struct incomplete *i, const char *path, struct error *why)
{
	for (;;) {
		bool made;
		i->fd = open_file(path, &made);
		if (i->fd < 0)
			return error_errno(why, "making the file 'incomplete'");
		struct flock lock = whole_file(F_WRLCK);
		if (fcntl(i->fd, F_SETLK, &lock) != 0) {
			/* A finished database must not look interrupted. But a file that another has
			 * locked since it was made is that one's: without it, it would take its
			 * database for one that was removed. */
			bool held = refuse_locked(i->fd, why);
			if (made && !held && incomplete_is_ours(i, path))
				unlink(path);
			break;
		}
		if (incomplete_is_ours(i, path)) {
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
	if (synced == SYNCED_NO && i->point.len > 0) {
		len += snprintf(text + len, sizeof text - (size_t)len, "point ");
		for (size_t n = 0; n < i->point.len; n++)
			len += snprintf(
			    text + len, sizeof text - (size_t)len, "%02x", i->point.bytes[n]);
		text[len++] = '\n';
	}
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
	if (!incomplete_is_ours(i, path))
		status = error_set(why, "the file 'incomplete' was removed, or is another's now");
	else if (unlink(path) != 0)
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
		state = i.goes_back ? INCOMPLETE_BACK : INCOMPLETE_LOST;
	incomplete_release(&i);
	return state;
}
