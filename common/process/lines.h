#ifndef RSENC_PROCESS_LINES_H
#define RSENC_PROCESS_LINES_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Text lines, from operands or from a file descriptor: the one way in which commands take group
 * lines, keys and rules. A line is at most LINES_MAX bytes. The last line must end in a newline
 * when it comes from a descriptor: one that does not was cut off. What editors of other systems add
 * is removed: a byte order mark before the first line, a carriage return at the end of each. A
 * failure is reported, and ends the lines.
 */

enum { LINES_MAX = 64 << 20 };

struct lines {
	const char *name; /* for messages: "standard input", the path, or "operands" */
	int fd;
	bool end, failed;
	unsigned long number; /* of the line returned last, from 1 */
	size_t at;            /* start of the text in `pending` that was not returned yet */
	size_t seen;          /* bytes from `at` on that hold no newline */
	struct buf pending;
};

/* Lines from `operands` (NULL-terminated, as argv is; each is one line, a final newline is cut
 * off), or from the file `path` if there are none; NULL or "-" is standard input. Dies if it cannot
 * be opened. */
void lines_start(struct lines *l, char **operands, const char *path);

/* The next line, without its newline; it belongs to `l` and lives until the next call. Returns
 * false at the end, and if it failed (read error, too long, no final newline), which was reported
 * then. A request to stop (signals.h) is an end. */
bool lines_next(struct lines *l, const char **line, size_t *len);

#endif
