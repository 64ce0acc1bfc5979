#include "stream/recordfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that the system is asked for ahead: two megabytes in flight keep a disk busy, and a network
 * file system with a long way. */
enum { AHEAD = 8 << 20 };

static bool
record_files_is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

void
record_files_start(struct record_files *f, char **paths)
{
	static char dash[] = "-";
	static char *standard_input[] = {dash, NULL};
	*f = (struct record_files){.fd = -1, .name = "standard input"};
	f->paths = paths && *paths ? paths : standard_input;
}

static enum record_status
record_files_open(struct record_files *f, struct error *why)
{
	const char *path = f->paths[f->next];
	/* Passed even if it can't be opened: the caller names it and goes on with the next. */
	f->index = f->next++;
	f->name = record_files_is_stdin(path) ? "standard input" : path;
	f->ahead = 0;
	f->fd = record_files_is_stdin(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0) {
		error_errno(why, "can't be opened");
		return RECORD_FAILED;
	}
	if (source_start(&f->source, f->fd) != 0) {
		error_set(why, "out of memory");
		return RECORD_FAILED;
	}
	record_reader_start(&f->reader, &f->source);
	return RECORD_OK;
}

/* Only a hint: it fails on what is no regular file, and does no harm. */
static void
record_files_read_ahead(struct record_files *f)
{
	uint64_t at = source_offset(&f->source);
	/* Asked for again when half of it is used up: one call for many records, not one for
	 * each. */
	if (f->ahead > at + AHEAD / 2)
		return;
	posix_fadvise(f->fd, (off_t)f->ahead, (off_t)(at + AHEAD - f->ahead), POSIX_FADV_WILLNEED);
	f->ahead = at + AHEAD;
}

enum record_status
record_files_next(struct record_files *f, struct record *rec, struct error *why)
{
	for (;;) {
		if (f->fd < 0 && !f->paths[f->next])
			return RECORD_END;
		enum record_status status = f->fd < 0 ? record_files_open(f, why) : RECORD_OK;
		if (status != RECORD_OK)
			return status;
		record_files_read_ahead(f);
		status = record_next(&f->reader, rec, why);
		if (status != RECORD_END)
			return status;
		record_files_give_up(f);
	}
}

void
record_files_give_up(struct record_files *f)
{
	source_free(&f->source);
	/* Standard input stays open: its number would become that of the next file. */
	if (f->fd > STDERR_FILENO)
		close(f->fd);
	f->fd = -1;
}

/* Reads the whole file again, headers only: it happens once, when a load ends for that key. To keep
 * all keys with their files for the sake of this message would cost memory in every load. */
int
record_files_holds(const struct record_files *f, size_t index, const void *key, size_t key_len)
{
	struct record_files one;
	struct record rec;
	struct stat st;
	char *paths[] = {f->paths[index], NULL};
	int found = 0;
	if (record_files_is_stdin(paths[0]) || stat(paths[0], &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	record_files_start(&one, paths);
	while (!found && record_files_next(&one, &rec, NULL) == RECORD_OK) {
		found = rec.key_len == key_len && memcmp(rec.key, key, key_len) == 0;
		if (record_skip(&one.reader, NULL) != RECORD_OK)
			break;
	}
	record_files_end(&one);
	return found;
}

void
record_files_end(struct record_files *f)
{
	record_files_give_up(f);
}
