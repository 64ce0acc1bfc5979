#ifdef __linux__
#define _GNU_SOURCE /* statx */
#endif

#include "store/marker.h"

#include "base/buf.h"
#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_SIZE = 512 }; /* the file stays within a sector */

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
 * understood counts as the worst. */
static void
read_open(struct marker *m, int fd)
{
	char text[TEXT_SIZE], boot[64], synced[8];
	unsigned long long mount;
	int hex = 0;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	m->found = n != 0;
	int got = sscanf(
	    text, "boot %63s mount %llu synced %7s checkpoint %n", boot, &mount, synced, &hex);
	m->synced = got == 3 && strcmp(synced, synced_words[SYNCED_YES]) == 0;
	bool safe = got == 3 && strcmp(synced, synced_words[SYNCED_NO]) == 0 &&
	            strcmp(boot, claim_boot()) == 0 && mount == mount_id(fd);
	m->unsafe = m->found && !m->synced && !safe;
	if (hex > 0)
		read_checkpoint(text + hex, &m->checkpoint);
}

void
marker_read(struct marker *m, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	*m = (struct marker){.path = path};
	if (fd >= 0) {
		read_open(m, fd);
		close(fd);
	} else {
		m->found = m->unsafe = errno != ENOENT && errno != ENOTDIR;
	}
}

/* One short write within a sector never leaves a half-written state. */
static int
write_durably(int fd, const struct buf *text)
{
	if (pwrite(fd, text->data, text->len, 0) != (ssize_t)text->len ||
	    ftruncate(fd, (off_t)text->len) != 0)
		return -1;
	return fsync(fd);
}

int
marker_write(struct marker *m, enum marker_synced synced, struct error *why)
{
	struct buf text = {0};
	int fd = open(m->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	buf_addf(&text, "boot %s\nmount %llu\nsynced %s\n", claim_boot(), mount_id(fd),
	    synced_words[synced]);
	if (synced != SYNCED_YES && m->checkpoint.len > 0) {
		buf_addf(&text, "checkpoint ");
		for (size_t n = 0; n < m->checkpoint.len; n++)
			buf_addf(&text, "%02x", m->checkpoint.bytes[n]);
		buf_addf(&text, "\n");
	}
	int status = fd >= 0 && write_durably(fd, &text) == 0
	                 ? 0
	                 : error_errno(why, "writing the file 'incomplete'");
	if (status == 0)
		m->synced = synced == SYNCED_YES;
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return status;
}
