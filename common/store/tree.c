#include "store/tree.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODE_LARGE = 1, NODE_KNOWN = 3 }; /* flags: the value has pages of its own; a named table */

struct node {
	uint32_t low; /* of a branch: the page's number; of a leaf: the size of the value */
	uint16_t flags, key_len;
};

/* ---- pages ---- */

static struct node
node_at(const unsigned char *page, unsigned i, struct tree_key *key)
{
	struct node node;
	uint16_t at;
	memcpy(&at, page + sizeof(struct page_head) + i * sizeof at, sizeof at);
	memcpy(&node, page + at, sizeof node);
	*key = (struct tree_key){page + at + sizeof node, node.key_len};
	return node;
}

/* So are those of the list of free pages. */
static bool
is_by_number(const struct tree *t)
{
	return t->table.flags & TABLE_BY_NUMBER;
}

static int
compare(struct tree_key a, struct tree_key b)
{
	return bytes_compare(a.bytes, a.len, b.bytes, b.len);
}

/* Whether the entries of a page fill it up to its end, and are in the order of their keys. The
 * first one of a branch has no key. */
static bool
is_sound(const struct tree *t, const unsigned char *page, const struct page_head *head, bool leaf)
{
	const unsigned count = (unsigned)(head->lower - sizeof *head) / 2;
	struct tree_key key = {NULL, 0}, before;
	size_t used = 0;
	if (head->lower < sizeof *head || head->lower > head->upper || head->upper > t->page_size)
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint16_t at;
		memcpy(&at, page + sizeof *head + i * sizeof at, sizeof at);
		if (at < head->upper || at + sizeof(struct node) > t->page_size)
			return false;
		before = key;
		struct node node = node_at(page, i, &key);
		size_t value = node.flags & NODE_LARGE ? sizeof(size_t) : node.low;
		size_t len = sizeof node + node.key_len + (leaf ? value : 0);
		if (len > t->page_size - at || (leaf && node.flags > NODE_KNOWN))
			return false;
		if (i > !leaf && !is_by_number(t) && compare(before, key) >= 0)
			return false;
		used += len + (len & 1);
	}
	return count > (is_by_number(t) ? 0 : !leaf) && used == t->page_size - head->upper;
}

/* Reads `size` bytes from the beginning of a page on. */
static int
read_from(const struct tree *t, void *to, size_t size, size_t number, struct error *why)
{
	struct page_head head;
	if (number < 2 || number >= t->pages)
		return error_set(why, LMDB_DAMAGED);
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(
		    t->fd, (char *)to + done, size - done, (off_t)(number * t->page_size + done));
		if (n < 0)
			return error_errno(why, "reading");
		if (n == 0)
			return error_set(
			    why, "truncated while it was read: copy the complete file again");
		done += (size_t)n;
	}
	memcpy(&head, to, sizeof head);
	if (head.number == 0)
		return error_set(why,
		    "a part of the data file was never written: copy the complete database again");
	return head.number == number ? 0 : error_set(why, LMDB_DAMAGED);
}

/* A page of a level. Two pages of one level are never needed at a time. */
static const unsigned char *
read_page(struct tree *t, unsigned depth, size_t number, struct error *why)
{
	struct tree_page *p = &t->cache[depth][number % TREE_CACHED];
	struct page_head head;
	bool leaf = depth + 1 == t->table.depth;
	if (p->bytes && p->number == number)
		return p->bytes;
	if (!p->bytes)
		p->bytes = xmalloc(t->page_size);
	p->number = 0;
	if (read_from(t, p->bytes, t->page_size, number, why) != 0)
		return NULL;
	memcpy(&head, p->bytes, sizeof head);
	if ((head.flags & PAGE_KINDS) == (leaf ? PAGE_LEAF : PAGE_BRANCH) &&
	    is_sound(t, p->bytes, &head, leaf)) {
		p->number = number;
		return p->bytes;
	}
	error_set(why, LMDB_DAMAGED);
	return NULL;
}

/* ---- the way down ---- */

/* Enters the page at a depth to which the level above leads. Its keys must lie between the
 * separators there. */
static int
enter(struct tree *t, unsigned depth, struct error *why)
{
	struct tree_level *l = &t->levels[depth];
	struct page_head head;
	struct tree_key first, last;
	size_t number = t->table.root;
	*l = (struct tree_level){.page = NULL};
	if (depth > 0) {
		const struct tree_level *up = l - 1;
		struct node node = node_at(up->page, up->at, &l->low);
		number = (size_t)(node.low | (uint64_t)node.flags << 32);
		if (up->at == 0)
			l->low = up->low;
		l->high = up->high;
		if (up->at + 1 < up->count)
			node_at(up->page, up->at + 1, &l->high);
	}
	l->page = read_page(t, depth, number, why);
	if (!l->page)
		return -1;
	memcpy(&head, l->page, sizeof head);
	l->count = (unsigned)(head.lower - sizeof head) / 2;
	node_at(l->page, depth + 1 < t->table.depth ? 1 : 0, &first);
	node_at(l->page, l->count - 1, &last);
	bool within = (!l->low.bytes || compare(first, l->low) >= 0) &&
	              (!l->high.bytes || compare(last, l->high) < 0);
	return within || is_by_number(t) ? 0 : error_set(why, LMDB_DAMAGED);
}

/* Goes to the nearest record in the next leaf, or in the one before. Returns 0 if there is none. */
static int
go_to_neighbour(struct tree *t, bool next, struct error *why)
{
	unsigned depth = t->table.depth - 1;
	struct tree_level *up;
	do {
		if (depth == 0)
			return 0;
		up = &t->levels[--depth];
	} while (up->at == (next ? up->count - 1 : 0));
	up->at = next ? up->at + 1 : up->at - 1;
	while (++depth < t->table.depth) {
		if (enter(t, depth, why) != 0)
			return -1;
		t->levels[depth].at = next ? 0 : t->levels[depth].count - 1;
	}
	return 1;
}

/* The number of entries of a page whose key is less than the one looked for, or, in a branch, equal
 * to it. */
static unsigned
search(const struct tree_level *l, bool leaf, struct tree_key key, bool *found)
{
	unsigned low = leaf ? 0 : 1, high = l->count;
	*found = false;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		struct tree_key other;
		node_at(l->page, middle, &other);
		int order = compare(other, key);
		*found |= order == 0;
		if (order < 0 || (order == 0 && !leaf))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
tree_find(struct tree *t, const void *key, size_t len, struct error *why)
{
	struct tree_key wanted = {key, len};
	bool found = false;
	unsigned at = 0, count = 0;
	for (unsigned depth = 0; depth < t->table.depth; depth++) {
		struct tree_level *l = &t->levels[depth];
		bool leaf = depth + 1 == t->table.depth;
		if (enter(t, depth, why) != 0)
			return -1;
		at = search(l, leaf, wanted, &found);
		count = l->count;
		l->at = leaf ? at : at - 1;
	}
	/* A separator that was damaged leads to one of the two leaves beside it: the key may be in
	 * the other one, which then exceeds its bounds. */
	if (!found && count > 0 && (at == 0 || at == count) && go_to_neighbour(t, at > 0, why) < 0)
		return -1;
	return found;
}

int
tree_next(struct tree *t, bool first, struct error *why)
{
	if (t->table.depth == 0)
		return 0;
	for (unsigned depth = 0; first && depth < t->table.depth; depth++) {
		if (enter(t, depth, why) != 0)
			return -1;
	}
	struct tree_level *leaf = &t->levels[t->table.depth - 1];
	if (first)
		return 1;
	if (leaf->at + 1 == leaf->count)
		return go_to_neighbour(t, true, why);
	leaf->at++;
	return 1;
}

/* ---- records ---- */

struct tree_key
tree_key(const struct tree *t)
{
	const struct tree_level *leaf = &t->levels[t->table.depth - 1];
	struct tree_key key;
	node_at(leaf->page, leaf->at, &key);
	return key;
}

int
tree_value(struct tree *t, bool look, const void **value, size_t *value_len, struct error *why)
{
	const struct tree_level *leaf = &t->levels[t->table.depth - 1];
	struct page_head head;
	struct tree_key key;
	struct node node = node_at(leaf->page, leaf->at, &key);
	size_t number, pages = (sizeof head + node.low - 1) / t->page_size + 1;
	*value_len = node.low;
	if (value)
		*value = key.bytes + key.len;
	if (!(node.flags & NODE_LARGE))
		return 0;
	memcpy(&number, key.bytes + key.len, sizeof number);
	if (pages > t->pages || number > t->pages - pages)
		return error_set(why, LMDB_DAMAGED);
	if (!value && !look)
		return 0;
	t->value.len = 0;
	buf_reserve(&t->value, sizeof head + node.low);
	if (read_from(t, t->value.data, sizeof head + (value ? node.low : 0), number, why) != 0)
		return -1;
	if (value)
		*value = t->value.data + sizeof head;
	memcpy(&head, t->value.data, sizeof head);
	return (head.flags & PAGE_KINDS) == PAGE_OVERFLOW ? 0 : error_set(why, LMDB_DAMAGED);
}

/* ---- states ---- */

int
tree_start(struct tree *t, int fd, const struct meta *meta, const struct meta_table *table,
    struct error *why)
{
	if (table->depth > TREE_DEPTH || (table->depth == 0) != (table->entries == 0))
		return error_set(why, LMDB_DAMAGED);
	for (unsigned depth = 0; depth < t->table.depth; depth++) {
		for (unsigned i = 0; i < TREE_CACHED; i++)
			t->cache[depth][i].number = 0;
	}
	t->table = *table;
	t->fd = fd;
	t->page_size = meta->free.page_size; /* the same in each */
	t->pages = (uint64_t)meta->last + 1;
	return 0;
}

void
tree_free(struct tree *t)
{
	for (unsigned depth = 0; depth < TREE_DEPTH; depth++) {
		for (unsigned i = 0; i < TREE_CACHED; i++)
			free(t->cache[depth][i].bytes);
	}
	buf_free(&t->value);
}
