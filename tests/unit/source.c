/* stream/source: bytes come in order, whatever is looked at before. */

#include "base/source.h"
#include "tap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 300000 };

static char
byte_at(size_t i)
{
	return (char)(i * 31 + i / 251);
}

/* A pipe into which a child writes SIZE bytes in pieces that do not fit the reader's. */
static int
start_writer(void)
{
	int ends[2];
	if (pipe(ends) != 0)
		exit(1);
	if (fork() == 0) {
		char piece[777];
		for (size_t at = 0; at < SIZE;) {
			size_t n = SIZE - at < sizeof piece ? SIZE - at : sizeof piece;
			for (size_t i = 0; i < n; i++)
				piece[i] = byte_at(at + i);
			if (write(ends[1], piece, n) != (ssize_t)n)
				_exit(1);
			at += n;
		}
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static bool
same(const char *bytes, size_t len, size_t from)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != byte_at(from + i))
			return false;
	}
	return true;
}

int
main(void)
{
	static const size_t takes[] = {1, 3, 100, 16383, 16384, 16385, 60000};
	static char to[SIZE];
	struct source s;
	const char *bytes;
	size_t at = 0;
	bool fine = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int fd = start_writer();
	source_start(&s, fd);
	for (size_t i = 0; at < SIZE; i++) {
		size_t enough = i * 997 % SOURCE_PEEK_MAX + 1;
		ssize_t seen = source_peek(&s, enough, &bytes);
		fine = fine && seen >= 0 && same(bytes, (size_t)seen, at) &&
		       ((size_t)seen >= enough || at + (size_t)seen == SIZE);
		size_t size = takes[i % (sizeof takes / sizeof *takes)];
		ssize_t got = source_take(&s, to, size);
		fine = fine && got > 0 && same(to, (size_t)got, at);
		at += got > 0 ? (size_t)got : SIZE;
		fine = fine && ((size_t)got == size || at == SIZE) && s.offset == at;
	}
	ok(fine, "all bytes come, in order");
	ok(source_take(&s, to, 1) == 0 && source_peek(&s, 1, &bytes) == 0, "and then the end");
	source_free(&s);
	close(fd);
	while (wait(NULL) > 0)
		;
	return tap_done();
}
