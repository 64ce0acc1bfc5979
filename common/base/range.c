#include "base/range.h"

#include "base/alloc.h"
#include "base/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The descriptor of an archive, opened or still open; -1 with the reason. */
static int
range_open(struct range_files *files, const char *path, struct error *why)
{
	for (size_t i = 0; i < RANGE_FILES; i++) {
		if (files->file[i].path && strcmp(files->file[i].path, path) == 0)
			return files->file[i].fd;
	}
	struct range_file *f = &files->file[files->next++ % RANGE_FILES];
	if (f->path)
		close(f->fd);
	free(f->path);
	f->path = NULL;
	/* O_NONBLOCK: a FIFO in the place of a file must not hang the run. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0)
		return error_errno(why, "cannot be opened");
	f->path = xstrdup(path);
	return f->fd;
}

/* Whether the archive is as it was, as far as stat(2) shows. */
static int
range_check_file(int fd, const struct range *range, struct error *why)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return error_errno(why, "cannot be examined");
	if (!S_ISREG(st.st_mode))
		return error_set(why, "not a regular file");
	uint64_t size = (uint64_t)st.st_size, bytes = range->zipped ? range->stored : range->size;
	if (range->checked && (size != range->whole || st.st_mtim.tv_sec != range->time.tv_sec ||
	                          st.st_mtim.tv_nsec != range->time.tv_nsec))
		return error_set(
		    why, "the archive changed after it was scanned: scan the archive again");
	if (range->at > size || bytes > size - range->at)
		return error_set(why,
		    "the archive has %" PRIu64
		    " bytes: a file in the archive ends at byte %" PRIu64,
		    size, range->at + bytes);
	return 0;
}

static int
range_read_at(int fd, void *to, size_t size, uint64_t at, struct error *why)
{
	char *p = to;
	while (size > 0) {
		ssize_t n = pread(fd, p, size, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(why, "cannot be read");
		if (n == 0)
			return error_set(why, "the archive became shorter while it was read");
		p += n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

/* A member of a tar archive, or any range: the block before it must be what it was. */
static int
range_read_plain(
    int fd, const struct range *range, struct file_map *m, struct buf *b, struct error *why)
{
	char before[RANGE_CHECKED];
	if (!m || !file_map(m, fd, range->at, range->size)) {
		if (buf_try_reserve(b, (size_t)range->size + 1) != 0)
			return error_set(why, "out of memory");
		if (range_read_at(fd, b->data, (size_t)range->size, range->at, why) != 0)
			return -1;
		b->len = (size_t)range->size;
	}
	if (!range->checked)
		return 0;
	if (range_read_at(fd, before, RANGE_CHECKED, range->at - RANGE_CHECKED, why) != 0)
		return -1;
	if (crc32_of(before, RANGE_CHECKED) != range->check)
		return error_set(
		    why, "the archive has another file at this offset: scan the archive again");
	return 0;
}

/* A member of a zip archive: its local header, whose sizes may be absent, and its data. */
static int
range_read_zipped(
    struct range_files *files, int fd, const struct range *range, struct buf *b, struct error *why)
{
	unsigned char h[ZIP_LOCAL];
	struct buf *packed = &files->packed;
	if (range_read_at(fd, h, ZIP_LOCAL, range->at, why) != 0)
		return -1;
	if (memcmp(h, "PK\3\4", 4) != 0 || (h[8] | h[9] << 8) != range->method ||
	    (range->method == ZIP_STORED && range->stored != range->size))
		return error_set(
		    why, "damaged: not the header of this member: download the archive again");
	uint64_t at = range->at + ZIP_LOCAL + (unsigned)(h[26] | h[27] << 8) +
	              (unsigned)(h[28] | h[29] << 8);
	if (buf_try_reserve(b, (size_t)range->size + 1) != 0)
		return error_set(why, "out of memory");
	b->len = (size_t)range->size;
	if (range->method == ZIP_STORED) {
		if (range_read_at(fd, b->data, b->len, at, why) != 0)
			return -1;
	} else {
		packed->len = 0;
		if (buf_try_reserve(packed, (size_t)range->stored + 1) != 0)
			return error_set(why, "out of memory");
		if (range_read_at(fd, packed->data, (size_t)range->stored, at, why) != 0)
			return -1;
		size_t used = (size_t)range->stored, got = b->len;
		if (!files->inflater)
			files->inflater = inflater_new();
		if (inflater_run(files->inflater, INFLATE_RAW, (unsigned char *)packed->data, &used,
		        (unsigned char *)b->data, &got) != INFLATED ||
		    used != range->stored || got != range->size)
			return error_set(why,
			    "damaged: the data does not inflate to %" PRIu64 " bytes: "
			    "download the archive again",
			    range->size);
	}
	if (crc32_of(b->data, b->len) != range->check)
		return error_set(why, "damaged: wrong CRC-32: download the archive again");
	return 0;
}

int
range_read(struct range_files *files, const char *path, const struct range *range, uint64_t max,
    struct file_map *m, struct buf *b, struct error *why)
{
	b->len = 0;
	uint64_t need = range->size + (range->method == ZIP_DEFLATED ? range->stored : 0);
	if (range->size > max || need > max) {
		error_set(why, "the file needs %" PRIu64 " bytes", need);
		return error_kind(why, ERROR_TOO_LARGE);
	}
	int fd = range_open(files, path, why);
	if (fd < 0)
		return -1;
	int status = range->zipped ? range_read_zipped(files, fd, range, b, why)
	                           : range_read_plain(fd, range, m, b, why);
	/* After it was read: if it is now what it was when it was scanned, it was so all the
	 * time. That it is another archive is also the better reason. */
	return range_check_file(fd, range, why) != 0 || status != 0 ? -1 : 0;
}

void
range_files_close(struct range_files *files)
{
	if (files->inflater)
		inflater_free(files->inflater);
	files->inflater = NULL;
	buf_free(&files->packed);
	for (size_t i = 0; i < RANGE_FILES; i++) {
		if (files->file[i].path)
			close(files->file[i].fd);
		free(files->file[i].path);
		files->file[i].path = NULL;
	}
}
