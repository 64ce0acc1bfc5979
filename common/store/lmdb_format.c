#include "store/lmdb_format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As mdb.c declares them: in the machine's own word size and byte order. */
struct meta_table {
	uint32_t page_size; /* in that of the free list alone */
	uint16_t flags, depth;
	size_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct meta {
	uint32_t magic, version;
	void *address;
	size_t map_size;
	struct meta_table free, table;
	size_t last, txn;
};

struct page_head {
	size_t number;
	uint16_t pad, flags;
	uint16_t lower, upper; /* of an overflow page: its number of pages */
};

enum {
	META_MAGIC = 0xBEEFC0DE - 0x100000000, /* as an int */
	PAGE_META = 8,
	NOSUBDIR = 0x4000, /* a flag of an environment, kept with those of its free list */
	PAGE_LEAST = 256,
	PAGE_MOST = 1 << 16,
	/* Where other formats have their magic number: before it lies a smaller page header in
	 * files of 32-bit systems, and a larger one in those of LMDB 1.0. */
	MAGIC_AT_32_BIT = 12,
	MAGIC_AT_1_0 = 24
};

_Static_assert(sizeof(struct meta) <= META_SIZE, "a meta page fits");

uint64_t
lmdb_file_size(uint64_t last, uint64_t page_size)
{
	return (last + 1) * page_size;
}

/* Errors count as the end of the file. */
static bool
read_at(int fd, void *to, size_t size, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, to, size, (off_t)at) == (ssize_t)size;
}

/* A page of a size that LMDB can't have, or a last page that would overflow, is damage. */
static bool
is_meta(const struct meta *meta)
{
	return meta->magic == (uint32_t)META_MAGIC && meta->free.page_size >= PAGE_LEAST &&
	       meta->free.page_size <= PAGE_MOST && meta->last < SIZE_MAX / PAGE_MOST - 1;
}

static bool
read_meta(int fd, uint64_t page_size, unsigned which, struct meta *meta)
{
	return read_at(fd, meta, sizeof *meta, which * page_size + sizeof(struct page_head)) &&
	       is_meta(meta);
}

/* The newer of both meta pages. Returns false if there is none. */
static bool
read_newest(int fd, struct meta *meta)
{
	struct meta other;
	if (!read_meta(fd, 0, 0, meta))
		return false;
	if (read_meta(fd, meta->free.page_size, 1, &other) && other.txn > meta->txn)
		*meta = other;
	return true;
}

/* ---- what a file is ---- */

static bool
has_magic(int fd, uint64_t at)
{
	uint32_t magic;
	return read_at(fd, &magic, sizeof magic, at) && magic == (uint32_t)META_MAGIC;
}

/* Whether a file too short for a meta page begins as one does. */
static bool
begins_as_meta(int fd, uint64_t size)
{
	struct {
		struct page_head head;
		uint32_t magic;
	} found, meta = {.head.flags = PAGE_META, .magic = (uint32_t)META_MAGIC};
	size_t most = sizeof meta.head + sizeof meta.magic;
	size_t part = size < most ? (size_t)size : most;
	return part > 0 && read_at(fd, &found, part, 0) && memcmp(&found, &meta, part) == 0;
}

/* The file has no complete first meta page. */
static int
refuse_format(int fd, uint64_t size, struct error *why)
{
	if (size < sizeof(struct page_head) + sizeof(struct meta) && begins_as_meta(fd, size))
		return error_set(why, "truncated: only %llu bytes: copy it again, completely",
		    (unsigned long long)size);
	if (has_magic(fd, MAGIC_AT_32_BIT))
		return error_set(why,
		    "made on a 32-bit system: dump it there with 'rsenc-dump', and load the "
		    "records here");
	if (has_magic(fd, MAGIC_AT_1_0))
		return error_set(why,
		    "made by LMDB 1.0, whose format rsenc and most readers do not support: write "
		    "it with LMDB 0.9 (in Python: pip install 'lmdb<1')");
	return error_set(why, "not an LMDB database");
}

int
lmdb_refuse_truncated(const struct lmdb_extent *e, struct error *why)
{
	return error_set(why, "truncated: %llu of %s%llu bytes: copy it again, completely",
	    (unsigned long long)e->size, e->size < 2 * e->page_size ? "at least " : "",
	    (unsigned long long)e->want);
}

static int
extent_of(int fd, struct lmdb_extent *e, struct error *why)
{
	struct meta meta;
	struct stat st;
	/* The file's size is read last: while a loader works, both only grow. */
	bool known = read_newest(fd, &meta);
	if (fstat(fd, &st) != 0)
		return error_errno(why, "opening");
	if (!known)
		return refuse_format(fd, (uint64_t)st.st_size, why);
	*e = (struct lmdb_extent){.size = (uint64_t)st.st_size, .page_size = meta.free.page_size};
	e->want = lmdb_file_size(meta.last < 1 ? 1 : meta.last, e->page_size);
	if (e->size < 2 * e->page_size)
		return lmdb_refuse_truncated(e, why);
	e->missing = e->size < e->want ? (e->want - e->size + e->page_size - 1) / e->page_size : 0;
	return 0;
}

int
lmdb_extent(const char *path, struct lmdb_extent *e, struct error *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(why, "opening");
	int status = extent_of(fd, e, why);
	close(fd);
	return status;
}

bool
lmdb_is_hole(const void *value, uint64_t page_size)
{
	size_t number;
	const char *start = (const char *)value - sizeof(struct page_head);
	if ((uintptr_t)start % page_size != 0)
		return false; /* a small one, in a page of the tree */
	memcpy(&number, start, sizeof number);
	return number == 0;
}

/* ---- returning to an earlier state ---- */

int
lmdb_clear_nosubdir(int fd)
{
	struct meta meta;
	for (unsigned which = 0; which < 2; which++) {
		if (!read_meta(fd, 0, 0, &meta) ||
		    !read_meta(fd, meta.free.page_size, which, &meta))
			return -1;
		meta.free.flags &= (uint16_t)~NOSUBDIR;
		size_t at = which * meta.free.page_size + sizeof(struct page_head);
		if (pwrite(fd, &meta, sizeof meta, (off_t)at) != sizeof meta)
			return -1;
	}
	return 0;
}

int
lmdb_meta_save(int fd, struct saved_meta *saved)
{
	struct meta meta;
	if (!read_newest(fd, &meta))
		return -1;
	memcpy(saved->bytes, &meta, sizeof meta);
	saved->len = sizeof meta;
	return 0;
}

/* Both meta pages become the saved one: whichever LMDB reads, and writes next, is right. */
static int
write_metas(int fd, const struct meta *meta)
{
	for (size_t which = 0; which < 2; which++) {
		size_t at = which * meta->free.page_size + sizeof(struct page_head);
		if (pwrite(fd, meta, sizeof *meta, (off_t)at) != sizeof *meta)
			return -1;
	}
	return fsync(fd);
}

int
lmdb_meta_restore(
    const char *path, const struct saved_meta *saved, uint64_t *records, struct error *why)
{
	struct meta meta;
	struct stat st;
	int status = -1, fd = open(path, O_RDWR | O_CLOEXEC);
	memcpy(&meta, saved->bytes, sizeof meta);
	if (fd < 0 || fstat(fd, &st) != 0)
		error_errno(why, "returning to the last checkpoint");
	else if (saved->len != sizeof meta || !is_meta(&meta) ||
	         lmdb_file_size(meta.last, meta.free.page_size) > (uint64_t)st.st_size)
		error_set(why,
		    "%s is shorter than at its last checkpoint: remove it, and load again", path);
	else if (write_metas(fd, &meta) != 0)
		error_errno(why, "returning to the last checkpoint");
	else
		status = 0;
	*records = meta.table.entries;
	if (fd >= 0)
		close(fd);
	return status;
}
