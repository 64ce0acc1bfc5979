#include "stream/record.h"

#include "base/bytes.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Several writers of one pipe (xargs -P, GNU parallel) would mix records that are larger than
 * PIPE_BUF. A POSIX lock on the pipe itself needs no file beside it, and ends with a writer that is
 * killed. */

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

static int
record_write_locked(int fd, struct iovec *v, int count, struct error *why)
{
	bool locked = record_lock(fd, F_WRLCK);
	int status = file_writev_all(fd, v, count);
	if (status != 0)
		error_errno(why, "writing");
	if (locked)
		record_lock(fd, F_UNLCK);
	return status;
}

int
record_write(
    int fd, const void *key, size_t key_len, const void *data, size_t data_len, struct error *why)
{
	/* A key that a reader refuses would damage the stream for all records after it. */
	if (key_len < 1 || key_len > KEY_MAX)
		return error_set(
		    why, "the key has %zu bytes: at least 1 and at most %d", key_len, KEY_MAX);
	char front[KEY_MAX + 64], newline[] = "\n";
	size_t len = (size_t)snprintf(front, sizeof front, "+%zu,%zu:", key_len, data_len);
	memcpy(front + len, key, key_len);
	memcpy(front + len + key_len, "->", 2);
	struct iovec v[] = {
	    {front, len + key_len + 2}, {(void *)(uintptr_t)data, data_len}, {newline, 1}};
	return record_write_locked(fd, v, 3, why);
}

int
record_write_end(int fd, struct error *why)
{
	/* Under the lock, too: inside another writer's record a newline would damage it. */
	char newline[] = "\n";
	struct iovec v = {newline, 1};
	return record_write_locked(fd, &v, 1, why);
}
