#include "stream/record_files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
record_files_start(struct record_files *f, char **paths)
{
	/* Writable, as argv is: one loop serves operands and no operands. */
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	*f = (struct record_files){.next = paths && *paths ? paths : standard_input,
	    .path = dash,
	    .name = "standard input",
	    .several = paths && *paths && paths[1]};
}

int
record_files_open(struct record_files *f, struct error *why)
{
	if (!*f->next)
		return 0;
	f->path = *f->next++;
	bool is_stdin = strcmp(f->path, "-") == 0;
	f->name = is_stdin ? "standard input" : f->path;
	int fd = is_stdin ? STDIN_FILENO : open(f->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_open(why);
	source_start(&f->source, fd);
	record_reader_start(&f->reader, &f->source);
	f->open = true;
	return 1;
}

enum record_status
record_files_next(struct record_files *f, struct record *rec, struct error *why)
{
	for (;;) {
		int got = f->open ? 1 : record_files_open(f, why);
		if (got <= 0)
			return got < 0 ? RECORD_BAD : RECORD_END;
		enum record_status status = record_next(&f->reader, rec, why);
		if (status != RECORD_END)
			return status;
		record_files_close(f);
	}
}

void
record_files_close(struct record_files *f)
{
	if (!f->open)
		return;
	source_free(&f->source);
	/* If standard input were closed, its number would become the next file's. */
	if (f->source.fd > STDERR_FILENO)
		close(f->source.fd);
	f->open = false;
}
