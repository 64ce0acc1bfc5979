#include "store/lmdb_format.h"

#include "base/bytes.h"

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
	PAGE_BRANCH = 1,
	PAGE_LEAF = 2,
	PAGE_META = 8,
	PAGE_KINDS = 0x3FFF, /* the other flags mean something in memory alone */
	PAGE_LEAST = 256,
	PAGE_MOST = 1 << 16,
	/* Where other formats have their magic number: before it lies a smaller page header in
	 * files of 32-bit systems, and a larger one in those of LMDB 1.0. */
	MAGIC_AT_32_BIT = 12,
	MAGIC_AT_1_0 = 24
};

_Static_assert(sizeof(struct meta) <= META_SIZE, "a meta page fits");

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
	struct page_head head;
	uint64_t at = which * page_size;
	return read_at(fd, &head, sizeof head, at) && head.flags & PAGE_META &&
	       read_at(fd, meta, sizeof *meta, at + sizeof head) && is_meta(meta);
}

static bool
write_meta(int fd, unsigned which, const struct meta *meta)
{
	uint64_t at = which * (uint64_t)meta->free.page_size + sizeof(struct page_head);
	return pwrite(fd, meta, sizeof *meta, (off_t)at) == sizeof *meta;
}

/* The newer of both meta pages. Returns how many there are; without the first the second can't be
 * found. */
static int
read_newest(int fd, struct meta *meta)
{
	struct meta other;
	if (!read_meta(fd, 0, 0, meta))
		return 0;
	if (!read_meta(fd, meta->free.page_size, 1, &other))
		return 1;
	if (other.txn > meta->txn)
		*meta = other;
	return 2;
}

static uint64_t
size_of(const struct meta *meta)
{
	return ((uint64_t)(meta->last < 1 ? 1 : meta->last) + 1) * meta->free.page_size;
}

/* ---- what a file is ---- */

static bool
has_magic(int fd, uint64_t at)
{
	uint32_t magic;
	return read_at(fd, &magic, sizeof magic, at) && magic == (uint32_t)META_MAGIC;
}

/* The file has no complete first meta page. One begins with the page number 0. */
static int
refuse_format(int fd, uint64_t size, struct error *why)
{
	char first;
	if (size < sizeof(struct page_head) + sizeof(struct meta) && read_at(fd, &first, 1, 0) &&
	    first == 0)
		return error_set(why, "truncated: only %llu bytes: copy the complete file again",
		    (unsigned long long)size);
	if (has_magic(fd, MAGIC_AT_32_BIT))
		return error_set(why,
		    "made on a 32-bit system: dump it there with 'rsenc-dump', and load the "
		    "records here");
	if (has_magic(fd, MAGIC_AT_1_0))
		return error_set(why,
		    "made by LMDB 1.0, whose format rsenc and most readers do not support: write "
		    "it with LMDB 0.9 (in Python, lmdb.version() shows it)");
	return error_set(why, "not an LMDB database");
}

int
lmdb_refuse_truncated(const struct lmdb_extent *e, struct error *why)
{
	return error_set(why, "truncated: %llu of %s%llu bytes: copy the complete file again",
	    (unsigned long long)e->size, e->size < 2 * e->page_size ? "at least " : "",
	    (unsigned long long)e->want);
}

int
lmdb_extent(const char *path, struct lmdb_extent *e, struct error *why)
{
	struct meta meta;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	/* The file's size is read last: while a loader works, both only grow. */
	int metas = fd >= 0 ? read_newest(fd, &meta) : 0;
	int status = fd >= 0 && fstat(fd, &st) == 0 ? 0 : error_errno(why, "opening");
	if (status == 0 && metas == 0)
		status = refuse_format(fd, (uint64_t)st.st_size, why);
	if (fd >= 0)
		close(fd);
	if (status != 0)
		return -1;
	*e = (struct lmdb_extent){.size = (uint64_t)st.st_size,
	    .want = size_of(&meta),
	    .page_size = meta.free.page_size,
	    .sparse = (uint64_t)st.st_blocks * 512 < (uint64_t)st.st_size};
	if (e->size < 2 * e->page_size)
		return lmdb_refuse_truncated(e, why);
	if (metas < 2)
		return error_set(why, "not an LMDB database");
	return 0;
}

/* ---- records ---- */

/* Whether a page says that it is this one, of that kind, with its entries in it. */
static bool
is_tree_page(const struct page_head *h, size_t number, unsigned kind, uint64_t page_size)
{
	return h->number == number && (h->flags & PAGE_KINDS) == kind && h->lower >= sizeof *h &&
	       h->lower <= h->upper && h->upper <= page_size;
}

struct node {
	uint32_t low; /* of a branch: the page's number; of a leaf: the size of the value */
	uint16_t flags, key_len;
	const char *key;
};

/* An entry of a page. Returns its bytes, which are even; 0 if it is not within the page. */
static size_t
node_at(const struct lmdb_extent *e, const char *page, unsigned i, bool leaf, struct node *n)
{
	enum { HEAD = 8, LARGE = 1 }; /* LARGE: the value has pages of its own */
	struct page_head head;
	uint16_t at;
	memcpy(&head, page, sizeof head);
	memcpy(&at, page + sizeof head + i * sizeof at, sizeof at);
	if (at < head.upper || (uint64_t)at + HEAD > e->page_size)
		return 0;
	memcpy(n, page + at, HEAD);
	n->key = page + at + HEAD;
	uint64_t size = (uint64_t)HEAD + n->key_len,
	         value = n->flags & LARGE ? sizeof(size_t) : n->low;
	size += leaf ? value : 0;
	return size <= e->page_size - at ? (size_t)(size + (size & 1)) : 0;
}

static int
compare(const struct node *a, const struct node *b)
{
	return bytes_compare(a->key, a->key_len, b->key, b->key_len);
}

/* Whether the entries of a page fill it up to its end, else some are lost, and are in the order of
 * their keys; the first one of a branch has none. */
static bool
has_order(const struct lmdb_extent *e, const char *page, unsigned count, bool leaf)
{
	struct page_head head;
	struct node n, before = {.key = NULL};
	size_t used = 0;
	memcpy(&head, page, sizeof head);
	for (unsigned i = 0; i < count; i++) {
		size_t size = node_at(e, page, i, leaf, &n);
		if (size == 0 || (i > !leaf && compare(&before, &n) >= 0))
			return false;
		before = n;
		used += size;
	}
	return used == e->page_size - head.upper;
}

bool
lmdb_way_is_sound(struct lmdb_extent *e, const void *key, size_t key_len)
{
	const struct node wanted = {.key = key, .key_len = (uint16_t)key_len};
	struct node first, last, n, low = {.key = NULL}, high = {.key = NULL};
	size_t number = e->root;
	for (unsigned level = e->depth; level > 0; level--) {
		const bool leaf = level == 1;
		struct page_head head;
		if (number >= e->mapped / e->page_size)
			return false;
		const char *page = (const char *)e->base + number * e->page_size;
		memcpy(&head, page, sizeof head);
		if (!is_tree_page(&head, number, leaf ? PAGE_LEAF : PAGE_BRANCH, e->page_size))
			return false;
		/* The first entry of a branch has no key. */
		unsigned count = (unsigned)(head.lower - sizeof head) / 2, from = leaf ? 0 : 1;
		size_t *checked = &e->checked[level % 8];
		if (*checked != number && (count <= from || !has_order(e, page, count, leaf)))
			return false;
		*checked = number;
		node_at(e, page, from, leaf, &first);
		node_at(e, page, count - 1, leaf, &last);
		if ((low.key && compare(&first, &low) < 0) ||
		    (high.key && compare(&last, &high) >= 0))
			return false;
		for (unsigned to = count; from < to;) {
			unsigned middle = (from + to) / 2;
			node_at(e, page, middle, leaf, &n);
			if (compare(&n, &wanted) <= 0)
				from = middle + 1;
			else
				to = middle;
		}
		if (from < count)
			node_at(e, page, from, leaf, &high);
		if (from > 0)
			node_at(e, page, from - 1, leaf, &n);
		if (leaf && from > 0 && compare(&n, &wanted) == 0)
			return false; /* LMDB was led elsewhere */
		if (from > 1)
			low = n;
		number = (size_t)(n.low | (uint64_t)n.flags << 32);
	}
	return true;
}

/* Finds the root of the records, and whether it is one. LMDB believes what it says. */
static bool
has_root(struct lmdb_extent *e)
{
	e->depth = 0;
	memset(e->checked, 0, sizeof e->checked);
	for (uint64_t page = 0; page <= e->page_size; page += e->page_size) {
		struct page_head head;
		struct meta meta;
		memcpy(&meta, (const char *)e->base + page + sizeof head, sizeof meta);
		if (meta.txn != e->txn)
			continue;
		e->root = meta.table.root;
		e->depth = meta.table.depth;
		memcpy(&head, (const char *)e->base + meta.table.root * e->page_size, sizeof head);
		return is_tree_page(&head, meta.table.root,
		    meta.table.depth > 1 ? PAGE_BRANCH : PAGE_LEAF, e->page_size);
	}
	return true;
}

int
lmdb_check_record(struct lmdb_extent *e, const void *key, const void *value, size_t value_len,
    bool look, struct error *why)
{
	const uint64_t size = e->page_size;
	const char *leaf = (const char *)key - (uintptr_t)key % size;
	const char *page = (const char *)value - sizeof(struct page_head);
	struct page_head head;
	if (!e->base) {
		e->base = (uintptr_t)lmdb_map(key, size);
		if (!e->base)
			return 0; /* of another machine */
		if (!has_root(e))
			return error_set(why, LMDB_DAMAGED);
	}
	memcpy(&head, leaf, sizeof head);
	uintptr_t at = (uintptr_t)value - e->base;
	if (!is_tree_page(&head, ((uintptr_t)leaf - e->base) / size, PAGE_LEAF, size) ||
	    at > e->mapped || value_len > e->mapped - at)
		return error_set(why, LMDB_DAMAGED);
	if (!look || (uintptr_t)page % size != 0)
		return 0; /* a small one, in the leaf */
	memcpy(&head, page, sizeof head);
	if (head.number == 0)
		return error_set(why,
		    "a part of the data file was never written: copy the complete database again");
	return head.number == at / size ? 0 : error_set(why, LMDB_DAMAGED);
}

/* ---- returning to an earlier state ---- */

int
lmdb_meta_save(int fd, struct saved_meta *saved, struct error *why)
{
	struct meta meta;
	if (read_newest(fd, &meta) == 0)
		return error_set(why, "reading its meta page");
	memcpy(saved->bytes, &meta, sizeof meta);
	saved->len = sizeof meta;
	return 0;
}

/* Both meta pages become the saved one: whichever LMDB reads, and writes next, is right. What the
 * file says now is later, unless it is another file. */
int
lmdb_meta_restore(
    const char *path, const struct saved_meta *saved, uint64_t *records, struct error *why)
{
	struct meta meta, now = {.txn = 0};
	struct stat st;
	int status = 0, fd = open(path, O_RDWR | O_CLOEXEC);
	memcpy(&meta, saved->bytes, sizeof meta);
	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    (saved->len != sizeof meta || !is_meta(&meta) ||
	        size_of(&meta) > (uint64_t)st.st_size || read_newest(fd, &now) == 0 ||
	        now.txn < meta.txn))
		status = error_set(why,
		    "%s is shorter or older than at its last checkpoint: move it away, and load "
		    "again",
		    path);
	else if (fd < 0 || !write_meta(fd, 0, &meta) || !write_meta(fd, 1, &meta) || fsync(fd) != 0)
		status = error_errno(why, "returning to the last checkpoint");
	*records = meta.table.entries;
	if (fd >= 0)
		close(fd);
	return status;
}

/* Each page begins with its number. A transaction that writes changes copies outside of the map. */
void *
lmdb_map(const void *key, uint64_t page_size)
{
	const char *page = (const char *)key - (uintptr_t)key % page_size;
	if (page_size > (uint64_t)sysconf(_SC_PAGESIZE))
		return NULL;
	return (void *)(uintptr_t)(page - ((const struct page_head *)page)->number * page_size);
}
