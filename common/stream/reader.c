#include "stream/reader.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
reader_start(struct reader *r, char **paths)
{
	/* Writable, as argv is: one loop serves operands and no operands. */
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	*r = (struct reader){.next = paths && *paths ? paths : standard_input};
}

int
reader_open(struct reader *r, struct error *why)
{
	if (!*r->next)
		return 0;
	r->path = *r->next++;
	bool is_stdin = strcmp(r->path, "-") == 0;
	r->name = is_stdin ? "standard input" : r->path;
	int fd = is_stdin ? STDIN_FILENO : open(r->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_open(why);
	source_start(&r->source, fd);
	r->open = true;
	return 1;
}

void
reader_close(struct reader *r)
{
	if (!r->open)
		return;
	source_free(&r->source);
	/* If standard input were closed, its number would become the next file's. */
	if (r->source.fd > STDERR_FILENO)
		close(r->source.fd);
	r->open = false;
}
