#ifndef RSENC_STREAM_SOURCE_H
#define RSENC_STREAM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Binary input from a descriptor. What is taken goes straight to where it belongs; what follows it is
 * read ahead by the same call, so that a record costs one. A request to stop (stop.h) interrupts it.
 * The fields are private.
 */

enum { SOURCE_PEEK_MAX = 16 << 10 }; /* bytes that can be looked at ahead */

struct source {
	int fd;
	size_t at, len; /* what `buffer` holds that was not taken yet: [at, len) */
	uint64_t offset;
	uint64_t start, end; /* of a regular file: where offset 0 is, and its size when looked at */
	bool seekable;
	char *buffer;
	char *waste; /* where what is passed over goes; NULL: nothing was */
};

/* Starts reading fd, which stays the caller's. Returns 0, or -1 when there is no memory.
 * source_free in either case. */
int source_start(struct source *s, int fd);

/* Takes `size` bytes, fewer only at the end of the input. Returns how many, or -1 with errno
 * (EINTR: asked to stop). */
ssize_t source_take(struct source *s, void *to, size_t size);

/* Looks at the next bytes without taking them: at least `enough` (up to SOURCE_PEEK_MAX), fewer
 * only at the end of the input; they live until the next call. Returns how many, or -1 with
 * errno. */
ssize_t source_peek(struct source *s, size_t enough, const char **bytes);

/* Passes over `size` bytes, without reading those of a file: fewer only at the end of the input.
 * Returns how many, or -1 with errno. */
int64_t source_skip(struct source *s, uint64_t size);

/* Where in the input the next byte is, from where the source was started. */
uint64_t source_offset(const struct source *s);

/* How many bytes were read from the descriptor and not taken yet. */
size_t source_buffered(const struct source *s);

void source_free(struct source *s);

#endif
