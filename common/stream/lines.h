#ifndef RSENC_STREAM_LINES_H
#define RSENC_STREAM_LINES_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Text lines, from operands or from a file descriptor: the one way in which commands take group
 * lines, keys and rules. A line is at most LINES_MAX bytes. The last line must end in a newline
 * when it comes from a descriptor: one that does not was cut off. What editors of other systems add
 * is removed: a byte order mark before the first line, a carriage return at the end of each.
 */

enum { LINES_MAX = 64 << 20 };

/* What editors put before a text in UTF-8, unasked. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct lines {
	char **operands; /* the next operand, or NULL when reading fd */
	int fd;
	bool end;
	unsigned long number; /* of the line returned last, from 1 */
	size_t at;            /* start of what was not returned yet, in pending */
	size_t seen;          /* bytes from `at` on that hold no newline */
	struct buf pending;
};

/* Lines from `operands` (NULL-terminated, as argv is; each is one line, a final newline is cut
 * off), or from fd if there are none. */
void lines_start(struct lines *l, char **operands, int fd);

/* The next line, without its newline; it belongs to `l` and lives until the next call. Returns 1,
 * 0 at the end, -1 on failure (read error, too long, no final newline) with the reason. A request
 * to stop (stop.h) is an end. */
int lines_next(struct lines *l, const char **line, size_t *len, struct error *why);

/* Frees the buffer; the descriptor stays open. */
void lines_finish(struct lines *l);

#endif
