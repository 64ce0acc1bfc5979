#include "stream/lines.h"

#include "base/signals.h"

#include <errno.h>
#include <string.h>

enum { READ_SIZE = 64 << 10 };

void
lines_start(struct lines *l, char **operands, int fd)
{
	*l = (struct lines){.fd = fd};
	if (operands && *operands)
		l->operands = operands;
}

/* Takes off what an editor added. */
static void
lines_trim(const struct lines *l, const char **line, size_t *len)
{
	size_t mark = strlen(BYTE_ORDER_MARK);
	/* Only before the first line: anywhere else these bytes belong to a key, or are damage
	 * to be seen. */
	if (l->number == 1 && *len >= mark && memcmp(*line, BYTE_ORDER_MARK, mark) == 0) {
		*line += mark;
		*len -= mark;
	}
	/* One that belongs to a path is written \r in a group line, so this one can only be an
	 * editor's. */
	if (*len > 0 && (*line)[*len - 1] == '\r')
		--*len;
}

static int
lines_operand(struct lines *l, const char **line, size_t *len, struct error *why)
{
	if (signals_received() || !*l->operands)
		return 0;
	*line = *l->operands++;
	*len = strlen(*line);
	l->number++;
	if (*len > 0 && (*line)[*len - 1] == '\n')
		--*len;
	/* Such as "$(cat FILE)". */
	if (memchr(*line, '\n', *len))
		return error_set(why, "an operand contains several lines: pass one line per "
		                      "operand (xargs -d '\\n')");
	lines_trim(l, line, len);
	return 1;
}

/* Reads more bytes behind the pending ones. Returns 1, 0 at the end of input, -1 on failure. */
static int
lines_fill(struct lines *l, struct error *why)
{
	struct buf *b = &l->pending;
	if (l->at > 0) {
		b->len -= l->at;
		memmove(b->data, b->data + l->at, b->len);
		l->at = 0;
	}
	/* A disk image on standard input is one line: it must not fill the memory. */
	if (b->len > LINES_MAX)
		return error_set(why, "line %lu is longer than %d MiB: not text", l->number + 1,
		    LINES_MAX >> 20);
	buf_reserve(b, READ_SIZE);
	ssize_t n = signals_read(l->fd, b->data + b->len, b->capacity - b->len);
	if (n < 0 && !signals_received())
		return error_errno(why, "reading");
	if (n <= 0) {
		l->end = true;
		return 0;
	}
	b->len += (size_t)n;
	return 1;
}

int
lines_next(struct lines *l, const char **line, size_t *len, struct error *why)
{
	if (l->operands)
		return lines_operand(l, line, len, why);
	while (!l->end) {
		struct buf *b = &l->pending;
		/* Only the new bytes are searched: a long line takes linear time. */
		size_t from = l->at + l->seen;
		char *newline = b->len > from ? memchr(b->data + from, '\n', b->len - from) : NULL;
		if (newline) {
			*line = b->data + l->at;
			*len = (size_t)(newline - *line);
			l->at += *len + 1;
			l->seen = 0;
			l->number++;
			lines_trim(l, line, len);
			return 1;
		}
		l->seen = b->len - l->at;
		if (lines_fill(l, why) < 0)
			return -1;
	}
	/* A path that lost its end may well be another file. */
	if (l->pending.len > l->at && !signals_received()) {
		l->at = l->pending.len;
		return error_set(why,
		    "line %lu is truncated: it has no newline at its end (the command that wrote "
		    "it may have failed)",
		    l->number + 1);
	}
	return 0;
}

void
lines_finish(struct lines *l)
{
	buf_free(&l->pending);
}
