#ifdef __linux__
#define _GNU_SOURCE /* statx */
#endif

#include "store/state.h"

#include "base/buf.h"
#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the marker ---- */

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
	const unsigned either = STATX_MNT_ID_UNIQUE | STATX_MNT_ID;
	if (statx(fd, "", AT_EMPTY_PATH, either, &st) == 0 && st.stx_mask & either)
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
void
marker_read(struct marker *m, const char *path)
{
	char text[TEXT_SIZE], boot[64], synced[8];
	unsigned long long mount;
	int hex = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
	*m = (struct marker){.path = path};
	if (fd < 0) {
		m->found = m->unsafe = errno != ENOENT && errno != ENOTDIR;
		return;
	}
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
	close(fd);
}

int
marker_write(struct marker *m, enum marker_synced synced, struct error *why)
{
	static const char writing[] = "writing the file 'incomplete'";
	struct buf text = {0};
	int fd = open(m->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_errno(why, writing);
	buf_addf(&text, "boot %s\nmount %llu\nsynced %s\n", claim_boot(), mount_id(fd),
	    synced_words[synced]);
	if (synced != SYNCED_YES && m->checkpoint.len > 0) {
		buf_addf(&text, "checkpoint ");
		for (size_t n = 0; n < m->checkpoint.len; n++)
			buf_addf(&text, "%02x", m->checkpoint.bytes[n]);
		buf_addf(&text, "\n");
	}
	/* One short write within a sector never leaves a half-written state. */
	bool written = pwrite(fd, text.data, text.len, 0) == (ssize_t)text.len &&
	               ftruncate(fd, (off_t)text.len) == 0 && fsync(fd) == 0;
	if (written)
		m->synced = synced == SYNCED_YES;
	else
		error_errno(why, writing);
	close(fd);
	buf_free(&text);
	return written ? 0 : -1;
}

/* ---- looking ---- */

static enum store_state
refuse_absent(const struct store_paths *p, struct error *why)
{
	struct stat st;
	bool exists = stat(p->data.data, &st) == 0;
	if (!exists && errno != ENOENT)
		error_errno(why, "opening");
	else if (exists && !S_ISREG(st.st_mode))
		error_set(why, "not a database");
	else if (!exists && lstat(p->data.data, &st) == 0)
		error_set(why, "%s is a link to a file that does not exist", p->data.data);
	else {
		error_set(why, "%s",
		    exists ? "the database is empty: its load was killed as it began"
		    : stat(p->path, &st) != 0 ? "no such database"
		                              : "no such database: the directory has no data.mdb");
		return STORE_ABSENT;
	}
	return STORE_REFUSED;
}

static enum store_state
report_torn(const struct store_paths *p, struct error *why)
{
	struct buf command = {0};
	store_recover_command(p, "", &command);
	error_set(why,
	    "a load was interrupted, and its last patches may not have reached the disk: run '%s' "
	    "to return to its last checkpoint",
	    command.data);
	buf_free(&command);
	return STORE_TORN;
}

enum store_state
store_inspect(const struct store_paths *p, const struct marker *m, const struct store_file **file,
    struct error *why)
{
	struct stat st;
	struct lmdb_extent unused;
	/* A file of no bytes is what LMDB leaves when it is killed as it begins. With a marker it
	 * is one that lost what it had. */
	bool data = stat(p->data.data, &st) == 0 && st.st_size > 0;
	bool loading = stat(p->loading.data, &st) == 0 && (st.st_size > 0 || m->found);
	*file = data ? &p->data : loading ? &p->loading : NULL;
	if (data && loading) {
		error_set(why, "another program created data.mdb, but an interrupted load "
		               "continues in loading.mdb: move one of the two files away");
		return STORE_REFUSED;
	}
	if (!*file)
		return refuse_absent(p, why);
	/* Before there is a marker only the meta pages are written, and may be lost. */
	if (loading &&
	    (m->unsafe || (!m->found && lmdb_extent(p->loading.data, &unused, NULL) != 0)))
		return report_torn(p, why);
	return m->found || loading ? STORE_INTERRUPTED : STORE_COMPLETE;
}

/* ---- reading ---- */

int
store_open(const char *path, struct store **out, struct error *warning, struct error *why)
{
	const struct store_file *file;
	struct store_paths p;
	struct marker m;
	struct stat st;
	/* A single file that is being loaded has another name yet. */
	store_paths_make(&p, path, stat(path, &st) != 0 || !S_ISDIR(st.st_mode));
	marker_read(&m, p.marker);
	enum store_state state = store_inspect(&p, &m, &file, why);
	int status = state == STORE_ABSENT ? 1 : -1;
	*out = NULL;
	/* What a torn one shows can't be relied on: what is missing would be thought to exist. */
	if (state == STORE_COMPLETE || state == STORE_INTERRUPTED)
		status = store_open_file(file, out, why);
	error_set(warning, "%s",
	    state == STORE_INTERRUPTED
	        ? "incomplete: a load is running, or was interrupted (loading again completes it)"
	        : "");
	store_paths_free(&p);
	return status;
}

/* ---- returning to a checkpoint ---- */

enum store_state
store_recover(const struct store_paths *p, struct marker *m, uint64_t *records, struct error *why)
{
	const struct store_file *f = &p->loading;
	if (m->checkpoint.len > 0)
		return lmdb_meta_restore(f->data, &m->checkpoint, records, why) == 0 &&
		               marker_write(m, SYNCED_YES, why) == 0
		           ? STORE_INTERRUPTED
		           : STORE_REFUSED;
	*records = 0;
	unlink(f->lock);
	if (unlink(f->data) != 0) {
		error_errno(why, "removing %s", f->data);
		return STORE_REFUSED;
	}
	m->found = false;
	return STORE_ABSENT;
}
