#include "stream/record.h"

#include "base/bytes.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Why locks: several writers of one pipe (xargs -P, GNU parallel) mix their records as soon as one
 * is larger than PIPE_BUF. A POSIX lock on the pipe itself needs no file beside it, and none is
 * left behind by a writer that is killed. */
enum {
	BATCH = 64 /* pieces in one writev, within every system's IOV_MAX */
};

/* Locks fd for writers (F_WRLCK) or unlocks it (F_UNLCK). Returns whether it could. */
static bool
record_lock(int fd, short type)
{
	/* The whole file, from its start: writers of one file must meet at one lock, wherever
	 * each writes. */
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
	while (fcntl(fd, F_SETLKW, &whole) != 0) {
		/* Some file systems have no locks, terminals and /dev/null neither. One writer
		 * alone needs none, and whether there are more is not known here. */
		if (errno != EINTR)
			return false;
	}
	return true;
}

/* Writes all pieces, at most BATCH of them; uses them up. */
static int
record_write_pieces(int fd, struct iovec *v, size_t count, struct error *why)
{
	while (count > 0) {
		if (v->iov_len == 0) {
			v++;
			count--;
			continue;
		}
		ssize_t n = writev(fd, v, (int)count);
		/* Another program that holds the same pipe may have made it non-blocking: that
		 * is no failure. */
		if (n < 0 && errno == EAGAIN)
			file_wait_writable(fd);
		else if (n < 0 && errno != EINTR)
			return error_errno(why, "writing");
		for (size_t left = n > 0 ? (size_t)n : 0; left > 0; v += v->iov_len == 0) {
			/* NOLINTNEXTLINE(clang-analyzer-core.*): writev wrote no more than v has */
			size_t part = left < v->iov_len ? left : v->iov_len;
			if (part > 0) /* an empty piece may have no base */
				v->iov_base = (char *)v->iov_base + part;
			v->iov_len -= part;
			left -= part;
			count -= v->iov_len == 0;
		}
	}
	return 0;
}

/* Writes head, parts and a newline. */
static int
record_write_framed(int fd, const struct iovec *head, size_t head_count, const struct iovec *parts,
    size_t part_count, struct error *why)
{
	static char newline[] = "\n";
	struct iovec v[BATCH];
	size_t n = 0;
	for (; n < head_count; n++)
		v[n] = head[n];
	for (size_t i = 0; i < part_count; i++) {
		v[n++] = parts[i];
		if (n < BATCH)
			continue;
		/* In the middle of a record, with the lock held: how many calls one takes does
		 * not matter. */
		if (record_write_pieces(fd, v, n, why) != 0)
			return -1;
		n = 0;
	}
	v[n++] = (struct iovec){newline, 1};
	return record_write_pieces(fd, v, n, why);
}

static int
record_write_locked(int fd, const struct iovec *head, size_t head_count, const struct iovec *parts,
    size_t part_count, struct error *why)
{
	bool locked = record_lock(fd, F_WRLCK);
	int status = record_write_framed(fd, head, head_count, parts, part_count, why);
	if (locked)
		record_lock(fd, F_UNLCK);
	return status;
}

int
record_write(int fd, const void *key, size_t key_len, const struct iovec *parts, size_t part_count,
    struct error *why)
{
	uint64_t data_len = 0;
	for (size_t i = 0; i < part_count; i++)
		data_len += parts[i].iov_len;
	/* Before a byte is written: what a reader would refuse damages the stream for all behind
	 * it. */
	if (key_len < 1 || key_len > KEY_MAX)
		return error_set(
		    why, "the key has %zu bytes: 1 to %d are possible", key_len, KEY_MAX);
	char front[KEY_MAX + 64];
	size_t len = (size_t)snprintf(front, sizeof front, "+%zu,%" PRIu64 ":", key_len, data_len);
	memcpy(front + len, key, key_len);
	memcpy(front + len + key_len, "->", 2);
	struct iovec head = {front, len + key_len + 2};
	return record_write_locked(fd, &head, 1, parts, part_count, why);
}

int
record_write_end(int fd, struct error *why)
{
	/* Under the lock as well: in the data of another writer's record a newline would be a
	 * byte too many. */
	return record_write_locked(fd, NULL, 0, NULL, 0, why);
}
