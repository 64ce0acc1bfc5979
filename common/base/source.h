#ifndef RSENC_BASE_SOURCE_H
#define RSENC_BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Binary input from a descriptor: small pieces through a buffer, large ones straight to where they
 * belong. A signal (signals.h) interrupts a read. The other fields are private.
 */

enum { SOURCE_PEEK_MAX = 16 << 10 }; /* largest `enough` of source_peek, in bytes */

struct source {
	int fd;
	size_t at, len;      /* bytes of `buffer` that were not taken yet: [at, len) */
	uint64_t offset;     /* public: where the next byte is, from where the source was started */
	uint64_t start, end; /* of a regular file: where offset 0 is, and its size when looked at */
	bool seekable;
	char *buffer; /* behind SOURCE_PEEK_MAX bytes, skipped ones go */
};

/* Starts reading fd, which stays the caller's. source_free when done. */
void source_start(struct source *s, int fd);

/* Takes `size` bytes, fewer only at the end of the input. Returns how many, or -1 with errno
 * (EINTR: a signal came). */
ssize_t source_take(struct source *s, void *to, size_t size);

/* Looks at the next bytes without taking them: at least `enough` (up to SOURCE_PEEK_MAX), fewer
 * only at the end of the input; they live until the next call. Returns how many, or -1 with
 * errno. */
ssize_t source_peek(struct source *s, size_t enough, const char **bytes);

/* Skips `size` bytes, those of a file without reading them if they are many: fewer only at the end
 * of the input. Returns how many, or -1 with errno. */
int64_t source_skip(struct source *s, uint64_t size);

/* How many bytes are left of a regular file; UINT64_MAX of any other input. */
uint64_t source_left(const struct source *s);

void source_free(struct source *s);

#endif
