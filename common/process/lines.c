#include "process/lines.h"

#include "base/bytes.h"
#include "base/signals.h"
#include "process/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10 };

static void
lines_add_operand(struct lines *l, const char *operand)
{
	size_t len = strcspn(operand, "\n");
	/* Such as "$(cat FILE)". */
	if (operand[len] && operand[len + 1])
		diag_die(STATUS_BAD, "an operand contains several lines: pass one line per operand "
		                     "(xargs -d '\\n')");
	buf_add(&l->pending, operand, len);
	buf_add(&l->pending, "\n", 1);
}

void
lines_start(struct lines *l, char **operands, const char *path)
{
	bool is_stdin = !path || strcmp(path, "-") == 0;
	*l = (struct lines){.name = is_stdin ? "standard input" : path, .fd = STDIN_FILENO};
	if (operands && *operands) {
		l->name = "operands";
		l->end = true;
		for (char **o = operands; *o; o++)
			lines_add_operand(l, *o);
	} else if (!is_stdin && (l->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		diag_die(STATUS_BAD, "%s: %s", path, strerror(errno));
	}
}

/* Reports what is wrong with the line after the last one that was returned. */
static void
lines_fail(struct lines *l, const char *what, const char *detail)
{
	diag_bad("%s: line %lu %s%s", l->name, l->number + 1, what, detail);
	l->failed = true;
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

/* Reads more bytes behind the pending ones, unless the input ends. */
static void
lines_fill(struct lines *l)
{
	struct buf *b = &l->pending;
	if (l->at > 0) {
		b->len -= l->at;
		memmove(b->data, b->data + l->at, b->len);
		l->at = 0;
	}
	/* A disk image on standard input is one line: it must not fill the memory. */
	ssize_t n = -1;
	buf_reserve(b, READ_SIZE);
	if (b->len > LINES_MAX)
		lines_fail(l, "is longer than 64 MiB: not text", "");
	else if ((n = signals_read(l->fd, b->data + b->len, b->capacity - b->len)) < 0 &&
	         !signals_received())
		lines_fail(l, "cannot be read: ", strerror(errno));
	l->end = n <= 0;
	b->len += n > 0 ? (size_t)n : 0;
}

bool
lines_next(struct lines *l, const char **line, size_t *len)
{
	struct buf *b = &l->pending;
	while (!l->failed) {
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
			return true;
		}
		l->seen = b->len - l->at;
		if (l->end)
			break;
		lines_fill(l);
	}
	/* A path that lost its end may well be another file. */
	if (b->len > l->at && !l->failed && !signals_received())
		lines_fail(l, "is truncated",
		    ": it has no newline at its end (the command that wrote it may have failed)");
	return false;
}
