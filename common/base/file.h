#ifndef RSENC_BASE_FILE_H
#define RSENC_BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* A large file, or a part of one, mapped: for one of which few bytes are wanted. All zero but
 * `least` at first. What it loses while it is mapped is zero, and file_unmap reports it. */
struct file_map {
	uint64_t least;    /* a file of so many bytes is mapped, a smaller one read */
	const char *bytes; /* NULL: none */
	size_t len;
	void *pages; /* private, with the next */
	struct stat st;
};

/* Replaces the contents of `b` by those of a regular file of at most max bytes (else
 * ERROR_TOO_LARGE), or maps it, if there is a map and the file is large: `b` is then empty. A file
 * that is written to while it is read is an error, as far as its size and time tell. Returns 0, or
 * -1 with the reason (the path is not in it). */
int file_read(const char *path, uint64_t max, struct file_map *m, struct buf *b, struct error *why);

/* Maps `len` bytes from `at` on, if they are enough for that. */
bool file_map(struct file_map *m, int fd, uint64_t at, uint64_t len);

/* Ends that, if there is any. Returns 0, or -1 with the reason: the file at `path` has changed
 * since. */
int file_unmap(struct file_map *m, const char *path, struct error *why);

/* Writes all bytes, of one buffer or of `count`, which are used up, and waits where fd takes none
 * for now: a full pipe, also one that another of its users made non-blocking. Returns 0, or -1 with
 * errno. */
int file_write_all(int fd, const void *bytes, size_t len);
int file_writev_all(int fd, struct iovec *v, int count);

/* Writes a file that is complete or absent: under a temporary name beside its place,
 * ".NAME.PID.TIME.tmp", which no other writer has, on any machine; then renamed. A file that
 * exists is replaced (a symbolic link itself, not its target). Returns 0, or -1 with the reason
 * (without the path), and nothing is left of it. */
int file_write_atomically(const char *path, const void *bytes, size_t len, struct error *why);

/* Syncs a directory: files that were made, renamed or removed in it stay so after a power loss.
 * Returns 0, or -1 with the reason. */
int file_sync_directory(const char *directory, struct error *why);

/* Appends all of a small text file to `b`: `path` may be a pipe, or "-" for standard input. More
 * than max bytes are an error. Returns 0, or -1 with the reason (the path is not in it). */
int file_read_all(const char *path, size_t max, struct buf *b, struct error *why);

/* Whether a program that downloads `path`, a file or a directory, is not done with it: some keep a
 * file beside it until then. Returns 0, or -1 with the reason. */
int file_unfinished(const char *path, struct error *why);

#endif
