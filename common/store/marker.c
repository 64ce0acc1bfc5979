#ifdef __linux__
#define _GNU_SOURCE /* statx */
#endif

#include "store/marker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_SIZE = 64, TEXT_SIZE = 512 }; /* the file stays within a sector of 512 bytes */

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

/* ---- which boot, which mount ---- */

const char *
marker_boot(void)
{
	static char boot[WORD_SIZE];
	char text[TEXT_SIZE] = "";
	if (*boot)
		return boot;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read_text(fd, text, sizeof text) != 0 || sscanf(text, "%63s", boot) != 1)
		snprintf(boot, sizeof boot, "unknown");
	if (fd >= 0)
		close(fd);
	return boot;
}

bool
marker_knows_boot(void)
{
	return strcmp(marker_boot(), "unknown") != 0;
}

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

/* A number of the mount that the file is in: since Linux 6.8 one that no later mount gets. */
static unsigned long long
mount_id(int fd)
{
#if defined(__linux__) && defined(STATX_MNT_ID)
	struct statx st;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, &st) == 0 &&
	    st.stx_mask & STATX_MNT_ID_UNIQUE)
		return st.stx_mnt_id;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0 && st.stx_mask & STATX_MNT_ID)
		return st.stx_mnt_id;
#endif
	struct stat plain;
	return fstat(fd, &plain) == 0 ? (unsigned long long)plain.st_dev : 0;
}

/* ---- the text ---- */

static const char *const synced_words[] = {
    [SYNCED_NO] = "no", [SYNCED_YES] = "yes", [SYNCED_FAILED] = "failed"};

static void
read_checkpoint(const char *hex, struct saved_meta *meta)
{
	unsigned byte;
	while (meta->len < META_SIZE && sscanf(hex, "%2x", &byte) == 1) {
		meta->bytes[meta->len++] = (unsigned char)byte;
		hex += 2;
	}
}

/* An empty file was left before anything was committed: there was no load. One that can't be
 * understood counts as the worst: unsynced, by an earlier version. */
static int
read_marker(struct marker *m, struct error *why)
{
	char text[TEXT_SIZE], boot[WORD_SIZE], synced[8];
	unsigned long long mount;
	int hex = 0;
	if (read_text(m->fd, text, sizeof text) != 0)
		return error_errno(why, "reading the file 'incomplete'");
	m->found = *text != '\0';
	m->synced = false;
	m->checkpoint.len = 0;
	int got = sscanf(
	    text, "boot %63s mount %llu synced %7s checkpoint %n", boot, &mount, synced, &hex);
	if (got < 3) {
		m->synced = sscanf(text, "boot %63s synced %7s", boot, synced) == 2 &&
		            strcmp(synced, synced_words[SYNCED_YES]) == 0;
		m->old = m->unsafe = m->found && !m->synced;
		return 0;
	}
	bool same = strcmp(boot, marker_boot()) == 0 && mount == mount_id(m->fd);
	m->synced = strcmp(synced, synced_words[SYNCED_YES]) == 0;
	m->unsafe = !m->synced && (!same || strcmp(synced, synced_words[SYNCED_NO]) != 0);
	if (hex > 0)
		read_checkpoint(text + hex, &m->checkpoint);
	return 0;
}

int
marker_write(struct marker *m, enum marker_synced synced, struct error *why)
{
	char text[TEXT_SIZE];
	int len = snprintf(text, sizeof text, "boot %s\nmount %llu\nsynced %s\n", marker_boot(),
	    mount_id(m->fd), synced_words[synced]);
	if (synced != SYNCED_YES && m->checkpoint.len > 0) {
		len += snprintf(text + len, sizeof text - (size_t)len, "checkpoint ");
		for (size_t n = 0; n < m->checkpoint.len; n++)
			len += snprintf(
			    text + len, sizeof text - (size_t)len, "%02x", m->checkpoint.bytes[n]);
		text[len++] = '\n';
	}
	/* One short write within a sector never leaves a half-written state. */
	if (pwrite(m->fd, text, (size_t)len, 0) != len || ftruncate(m->fd, len) != 0 ||
	    fsync(m->fd) != 0)
		return error_errno(why, "writing the file 'incomplete'");
	m->synced = synced == SYNCED_YES;
	return 0;
}

/* ---- the lock ---- */

static struct flock
whole_file(short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* POSIX lets a lock that another holds be refused with EACCES too; where locks can't be had at all
 * (Lustre without flock, some NFS and FUSE) nobody can be named as its holder. Returns whether
 * another holds it. */
static bool
refuse_locked(int fd, struct error *why)
{
	int cause = errno;
	struct flock holder = whole_file(F_WRLCK);
	bool known = fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
	bool held = cause == EAGAIN || known;
	if (held)
		error_set(why, "another load (process %ld) into it is running: wait for its end",
		    known ? (long)holder.l_pid : 0);
	else
		error_set(why,
		    "files can't be locked here (%s): load to a local disk and copy it here, or "
		    "have the file system mounted with locks (Lustre: -o flock)",
		    strerror(cause));
	return held;
}

/* The loader that held it before may have removed it while this one waited to open or lock it, or
 * somebody has removed the database. */
bool
marker_is_ours(const struct marker *m, const char *path)
{
	struct stat held, named;
	return m->fd >= 0 && fstat(m->fd, &held) == 0 && stat(path, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Opens the file; *made says whether it did not exist. */
static int
open_file(const char *path, bool *made)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	*made = fd >= 0;
	return fd >= 0 || errno != EEXIST ? fd : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

int
marker_lock(struct marker *m, const char *path, struct error *why)
{
	for (;;) {
		*m = (struct marker){.fd = -1};
		m->fd = open_file(path, &m->made);
		if (m->fd < 0)
			return error_errno(why, "making the file 'incomplete'");
		struct flock lock = whole_file(F_WRLCK);
		if (fcntl(m->fd, F_SETLK, &lock) != 0) {
			/* A complete database must not look interrupted. But a file that another
			 * has locked since it was made is that one's: without it, it would take its
			 * database for one that was removed. */
			bool held = refuse_locked(m->fd, why);
			if (m->made && !held && marker_is_ours(m, path))
				unlink(path);
			break;
		}
		if (marker_is_ours(m, path)) {
			if (read_marker(m, why) == 0)
				return 0;
			break;
		}
		close(m->fd);
	}
	marker_unlock(m);
	return -1;
}

int
marker_remove(struct marker *m, const char *path, struct error *why)
{
	int status = 0;
	if (!marker_is_ours(m, path))
		status = error_set(why, "%s was removed, or belongs to another load now", path);
	else if (unlink(path) != 0)
		status = error_errno(why, "removing %s", path);
	marker_unlock(m);
	return status;
}

void
marker_unlock(struct marker *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

bool
marker_inspect(struct marker *m, const char *path)
{
	*m = (struct marker){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (m->fd < 0)
		return false;
	struct flock holder = whole_file(F_RDLCK);
	bool held = fcntl(m->fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
	if (read_marker(m, NULL) != 0)
		m->found = m->unsafe = true;
	marker_unlock(m);
	return held;
}
