#include "base/range.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- CRC-32, polynomial 0xedb88320 reflected (ISO 3309) ---- */

static uint32_t crc_table[8][256];

static void
fill_crc_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ UINT32_C(0xedb88320) : c >> 1;
		crc_table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int k = 1; k < 8; k++)
			crc_table[k][i] = crc_table[k - 1][i] >> 8 ^
			                  crc_table[0][crc_table[k - 1][i] & 0xff];
	}
}

uint32_t
range_check(const void *block)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, fill_crc_table);
	const unsigned char *p = block;
	uint32_t c = UINT32_MAX;
	/* Eight bytes at a time: it is done for each file of millions of patches. */
	for (size_t i = 0; i < RANGE_CHECKED; i += 8) {
		uint32_t low = c ^ ((uint32_t)p[i] | (uint32_t)p[i + 1] << 8 |
		                       (uint32_t)p[i + 2] << 16 | (uint32_t)p[i + 3] << 24);
		c = crc_table[7][low & 0xff] ^ crc_table[6][low >> 8 & 0xff] ^
		    crc_table[5][low >> 16 & 0xff] ^ crc_table[4][low >> 24] ^
		    crc_table[3][p[i + 4]] ^ crc_table[2][p[i + 5]] ^ crc_table[1][p[i + 6]] ^
		    crc_table[0][p[i + 7]];
	}
	return ~c;
}

/* ---- reading ---- */

static struct range_file *
range_open(struct range_files *files, const char *path, bool *opened, struct error *why)
{
	struct range_file *f = &files->file[0];
	files->reads++;
	*opened = false;
	for (size_t i = 0; i < sizeof files->file / sizeof *files->file; i++) {
		struct range_file *other = &files->file[i];
		if (other->path && strcmp(other->path, path) == 0) {
			other->used = files->reads;
			return other;
		}
		if (f->path && (!other->path || other->used < f->used))
			f = other; /* free, or the one that was not used for longest */
	}
	if (f->path) {
		close(f->fd);
		free(f->path);
		f->path = NULL;
	}
	/* O_NONBLOCK: a FIFO in the place of a file must not hang the run. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0) {
		error_open(why);
		return NULL;
	}
	f->path = strdup(path);
	if (!f->path) {
		close(f->fd);
		error_set(why, "out of memory");
		return NULL;
	}
	f->used = files->reads;
	*opened = true;
	return f;
}

/* Whether the archive is as it was, by what stat(2) tells. */
static int
range_check_file(int fd, const struct range *range, struct error *why)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return error_errno(why, "can't be examined");
	if (!S_ISREG(st.st_mode))
		return error_set(why, "is not a regular file");
	uint64_t size = (uint64_t)st.st_size;
	if (range->checked && size != range->whole)
		return error_set(why,
		    "the archive has %" PRIu64 " bytes, and had %" PRIu64
		    " when it was scanned: scan it again",
		    size, range->whole);
	if (range->checked &&
	    (st.st_mtim.tv_sec != range->time.tv_sec || st.st_mtim.tv_nsec != range->time.tv_nsec))
		return error_set(
		    why, "the archive was changed since it was scanned: scan it again");
	if (range->at > size || range->size > size - range->at)
		return error_set(why,
		    "the archive has %" PRIu64 " bytes: it ends before byte %" PRIu64
		    " of the file does",
		    size, range->at + range->size);
	return 0;
}

static int
range_read_at(int fd, char *to, size_t size, uint64_t at, struct error *why)
{
	while (size > 0) {
		ssize_t n = pread(fd, to, size, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(why, "can't be read");
		if (n == 0)
			return error_set(why, "the archive became shorter while it was read");
		to += n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

int
range_read(struct range_files *files, const char *path, const struct range *range, uint64_t max,
    struct buf *b, struct error *why)
{
	char before[RANGE_CHECKED];
	bool opened;
	b->len = 0;
	if (range->size > max) {
		return error_memory(why,
		    "the file has %" PRIu64 " bytes, more than the limit of %" PRIu64, range->size,
		    max);
	}
	struct range_file *f = range_open(files, path, &opened, why);
	/* Before memory is taken for a range that is not there; a file that shrinks later is told
	 * when it is read. */
	if (!f || (opened && range_check_file(f->fd, range, why) != 0))
		return -1;
	if (buf_try_reserve(b, (size_t)range->size + 1) != 0)
		return error_set(why, "out of memory");
	int status = range_read_at(f->fd, b->data, (size_t)range->size, range->at, why);
	if (status == 0 && range->checked)
		status = range_read_at(
		    f->fd, before, RANGE_CHECKED, range->at - RANGE_CHECKED, why);
	/* After it was read: if it is now what it was when it was scanned, it was so all the
	 * time. */
	if (range_check_file(f->fd, range, why) != 0 || status != 0)
		return -1;
	if (range->checked && range_check(before) != range->check)
		return error_set(why,
		    "the archive has another file at byte %" PRIu64
		    " than when it was scanned: scan it again",
		    range->at);
	b->len = (size_t)range->size;
	return 0;
}

void
range_files_close(struct range_files *files)
{
	for (size_t i = 0; i < sizeof files->file / sizeof *files->file; i++) {
		if (!files->file[i].path)
			continue;
		close(files->file[i].fd);
		free(files->file[i].path);
		files->file[i].path = NULL;
	}
}
