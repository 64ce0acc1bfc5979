#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
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
	PAGE_BRANCH = 1,
	PAGE_LEAF = 2,
	PAGE_META = 8,
	NODE_HEAD = 8,
	NODE_LARGE = 1, /* its value lies in pages of its own */
	PAGE_LEAST = 256,
	PAGE_MOST = 1 << 16,
	DEPTH_MOST = 32 /* as LMDB's cursors */
};

struct pages {
	int fd;
	struct meta meta;
	uint64_t size;          /* bytes of the file */
	uint64_t first_missing; /* page */
	uint64_t found;         /* pages of the free list that are missing */
	uint64_t visits; /* pages that may be read yet: damage must not lead round in circles */
	struct error *why;
};

uint64_t
pages_bytes(uint64_t last, uint64_t page_size)
{
	return (last + 1) * page_size;
}

/* 1, or 0 at the end of the file; errors count as the end. */
static int
read_at(int fd, void *to, size_t size, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, to, size, (off_t)at) == (ssize_t)size;
}

static bool
is_meta(const struct meta *meta)
{
	return meta->magic == (uint32_t)META_MAGIC && meta->free.page_size >= PAGE_LEAST &&
	       meta->free.page_size <= PAGE_MOST && meta->last < SIZE_MAX / PAGE_MOST - 1;
}

/* A page of a size that LMDB can't have, or a last page that would overflow, is damage. */
static bool
read_meta(int fd, uint64_t page_size, unsigned which, struct meta *meta)
{
	return read_at(fd, meta, sizeof *meta, which * page_size + sizeof(struct page_head)) &&
	       is_meta(meta);
}

/* The newer of both meta pages. Returns false if this is no LMDB data file. */
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

/* ---- the free list: a tree of its own, whose values are counted arrays of page numbers ---- */

/* Counts the missing pages that a list names, which starts at a byte of the file. */
static int
count_list(struct pages *p, uint64_t at)
{
	enum { PIECE = 512 };
	size_t left, number[PIECE];
	if (!read_at(p->fd, &left, sizeof left, at) || left > p->meta.last)
		return -1;
	for (at += sizeof left; left > 0;) {
		size_t n = left < PIECE ? left : PIECE;
		if (!read_at(p->fd, number, n * sizeof *number, at))
			return -1;
		for (size_t i = 0; i < n; i++)
			p->found += number[i] >= p->first_missing && number[i] <= p->meta.last;
		left -= n;
		at += n * sizeof *number;
	}
	return 0;
}

/* The node's number of a page (branch), or size of a value (leaf). */
static uint64_t
node_number(const char *node, bool branch)
{
	uint16_t half[3];
	memcpy(half, node, sizeof half);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	uint16_t swap = half[0];
	half[0] = half[1];
	half[1] = swap;
#endif
	uint64_t number = half[0] | (uint64_t)half[1] << 16;
	return branch && sizeof(size_t) > 4 ? number | (uint64_t)half[2] << 32 : number;
}

static int count_page(struct pages *p, uint64_t number, unsigned depth);

static int
count_node(
    struct pages *p, const char *page, size_t at, uint64_t number, bool branch, unsigned depth)
{
	size_t page_size = p->meta.free.page_size, target;
	uint16_t tail[2]; /* flags, size of the key */
	if (at > page_size - NODE_HEAD)
		return -1;
	memcpy(tail, page + at + 4, sizeof tail);
	size_t value = at + NODE_HEAD + tail[1];
	if (branch)
		return count_page(p, node_number(page + at, true), depth + 1);
	if (!(tail[0] & NODE_LARGE))
		return count_list(p, number * page_size + value);
	if (value > page_size - sizeof target)
		return -1;
	memcpy(&target, page + value, sizeof target);
	if (target > p->meta.last)
		return -1;
	return count_list(p, target * page_size + sizeof(struct page_head));
}

/* Counts what the page and those below it name. Returns -1 if one of them is missing or damaged. */
static int
count_page(struct pages *p, uint64_t number, unsigned depth)
{
	size_t page_size = p->meta.free.page_size;
	struct page_head head;
	int status = -1;
	if (depth > DEPTH_MOST || number > p->meta.last || p->visits == 0)
		return -1;
	p->visits--;
	char *page = malloc(page_size);
	if (!page || !read_at(p->fd, page, page_size, number * page_size))
		goto out;
	memcpy(&head, page, sizeof head);
	bool branch = head.flags & PAGE_BRANCH;
	if ((!branch && !(head.flags & PAGE_LEAF)) || head.lower < sizeof head ||
	    head.lower > page_size)
		goto out;
	status = 0;
	for (size_t at = sizeof head; at + 2 <= head.lower && status == 0; at += 2) {
		uint16_t node;
		memcpy(&node, page + at, sizeof node);
		status = count_node(p, page, node, number, branch, depth);
	}
out:
	free(page);
	return status;
}

/* Whether all pages that are missing are free. */
static bool
only_free_missing(struct pages *p)
{
	const struct meta_table *free_list = &p->meta.free;
	uint64_t missing = p->meta.last + 1 - p->first_missing;
	p->found = 0;
	p->visits = (uint64_t)free_list->branch_pages + free_list->leaf_pages;
	return p->first_missing >= 2 && free_list->root != SIZE_MAX &&
	       count_page(p, free_list->root, 0) == 0 && p->found >= missing;
}

/* Whether a file too short for a meta page begins as one does. */
static bool
begins_as_meta(int fd, uint64_t size)
{
	struct {
		struct page_head head;
		uint32_t magic;
	} there, meta = {.head.flags = PAGE_META, .magic = (uint32_t)META_MAGIC};
	size_t most = sizeof meta.head + sizeof meta.magic;
	size_t part = size < most ? (size_t)size : most;
	return part > 0 && read_at(fd, &there, part, 0) && memcmp(&there, &meta, part) == 0;
}

/* The file has no whole meta page: it is not LMDB's, or not even that came over. */
static int
check_stub(int fd, const struct stat *st, struct error *why)
{
	uint64_t size = (uint64_t)st->st_size;
	if (size >= sizeof(struct page_head) + sizeof(struct meta) || !begins_as_meta(fd, size))
		return 0;
	return error_set(why, "cut off: only %llu bytes are there: copy it again, whole",
	    (unsigned long long)size);
}

static int
refuse_cut(const struct pages *p, uint64_t want, struct error *why)
{
	/* The second meta page may have known of more; or a load was cut short before its first commit. */
	bool stub = p->first_missing < 2;
	return error_set(why, "cut off: %llu of %s%llu bytes: copy it again, whole%s",
	    (unsigned long long)p->size, stub ? "at least " : "", (unsigned long long)want,
	    stub ? ", or remove it and load again" : "");
}

static int
check_open(int fd, struct error *why)
{
	struct pages p = {.fd = fd};
	struct meta again;
	struct stat st;
	/* While a loader writes, what is read here may be used anew in between: the same transaction
	 * before and after says that it was not. One that is written to all the time is not cut off. */
	for (int tries = 0; tries < 10; tries++) {
		bool known = read_newest(fd, &p.meta);
		if (fstat(fd, &st) != 0)
			return 0;
		if (!known)
			return check_stub(fd, &st, why);
		uint64_t want = pages_bytes(p.meta.last, p.meta.free.page_size);
		p.size = (uint64_t)st.st_size;
		p.first_missing = p.size / p.meta.free.page_size;
		if (p.size >= want || only_free_missing(&p))
			return 0;
		if (read_newest(fd, &again) && again.txn == p.meta.txn)
			return refuse_cut(&p, want, why);
	}
	return 0;
}

int
pages_check(const char *path, struct error *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	int status = check_open(fd, why);
	close(fd);
	return status;
}

bool
pages_is_hole(const void *value, uint64_t page_size)
{
	size_t number;
	const char *start = (const char *)value - sizeof(struct page_head);
	if ((uintptr_t)start % page_size != 0)
		return false; /* a small one, in a page of the tree */
	memcpy(&number, start, sizeof number);
	return number == 0;
}

/* ---- points ---- */

_Static_assert(sizeof(struct meta) <= POINT_SIZE, "a meta page fits a point");

int
pages_point(int fd, struct point *point)
{
	struct meta meta;
	if (!read_newest(fd, &meta))
		return -1;
	memcpy(point->bytes, &meta, sizeof meta);
	point->len = sizeof meta;
	return 0;
}

/* Both meta pages become that of the point: whichever LMDB looks at, and writes next, is right. */
int
pages_go_back(const char *path, const struct point *point, uint64_t *records, struct error *why)
{
	struct meta meta;
	struct stat st;
	memcpy(&meta, point->bytes, sizeof meta);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		error_errno(why, "going back");
	} else if (point->len != sizeof meta || !is_meta(&meta) || st.st_size < 0 ||
	           pages_bytes(meta.last, meta.free.page_size) > (uint64_t)st.st_size) {
		error_set(why, "what it was before can't be found again: remove it and load again");
	} else {
		bool bad = false;
		for (size_t which = 0; which < 2; which++) {
			size_t at = which * meta.free.page_size + sizeof(struct page_head);
			bad |= pwrite(fd, &meta, sizeof meta, (off_t)at) != sizeof meta;
		}
		*records = meta.table.entries;
		if (!bad && fsync(fd) == 0) {
			close(fd);
			return 0;
		}
		error_errno(why, "going back");
	}
	if (fd >= 0)
		close(fd);
	return -1;
}
