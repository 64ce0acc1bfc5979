#include "scan/unfinished.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_MIN = 16, INDEX_KEEP = 1 << 16 };

/* Things in the arena, each followed by text. Handles and no pointers, for millions of
 * them may wait: rsenc-scan(1) says what two million take. */
struct group_record {
	uint32_t hash;
	uint32_t next, previous; /* in the order in which they were begun */
	uint32_t file;           /* the last one */
	uint32_t count;          /* of files */
	uint32_t rule;
	uint16_t key_len;
	char key[];
};

/* The text is: `where` and the number of bytes that name and key have in common, as numbers of
 * 7 bits a byte; the rest of the name with a NUL; the captures. */
struct file_record {
	uint32_t next; /* the one before it in its group */
	uint32_t dir;
	uint16_t line, band;
	char text[];
};

struct dir_record {
	uint32_t files;
	char path[];
};

static struct group_record *
group_at(const struct unfinished *u, uint32_t group)
{
	return arena_at(&u->arena, group);
}

static struct file_record *
file_at(const struct unfinished *u, uint32_t file)
{
	return arena_at(&u->arena, file);
}

/* ---- the index ---- */

/* The slot that holds the group, or the free one where it belongs. */
static uint32_t *
unfinished_slot(
    const struct unfinished *u, uint32_t hash, size_t rule, const char *key, size_t key_len)
{
	size_t at = hash & (u->index_size - 1);
	for (; u->index[at] != 0; at = (at + 1) & (u->index_size - 1)) {
		const struct group_record *g = group_at(u, u->index[at]);
		if (g->hash == hash && g->rule == rule && g->key_len == key_len &&
		    memcmp(g->key, key, key_len) == 0)
			break;
	}
	return &u->index[at];
}

static bool
unfinished_grow_index(struct unfinished *u)
{
	/* Up to three quarters full: a slot is 4 bytes, and so a group costs 5 to 11. */
	if (4 * (u->count + 1) <= 3 * u->index_size)
		return true;
	size_t size = u->index_size ? 2 * u->index_size : INDEX_MIN;
	uint32_t *index = calloc(size, sizeof *index);
	if (!index)
		return false;
	free(u->index);
	u->index = index;
	u->index_size = size;
	for (uint32_t group = u->first; group != 0; group = group_at(u, group)->next) {
		size_t at = group_at(u, group)->hash & (size - 1);
		while (index[at] != 0)
			at = (at + 1) & (size - 1);
		index[at] = group;
	}
	return true;
}

/* Frees a slot. What was put off by it moves up, so that no search ends too early. */
static void
unfinished_free_slot(struct unfinished *u, uint32_t *slot)
{
	size_t mask = u->index_size - 1, hole = (size_t)(slot - u->index);
	for (size_t at = (hole + 1) & mask; u->index[at] != 0; at = (at + 1) & mask) {
		size_t wanted = group_at(u, u->index[at])->hash & mask;
		if (((at - wanted) & mask) < ((at - hole) & mask))
			continue;
		u->index[hole] = u->index[at];
		hole = at;
	}
	u->index[hole] = 0;
}

/* ---- groups ---- */

static bool
group_is(const struct unfinished *u, uint32_t group, size_t rule, const char *key, size_t key_len)
{
	const struct group_record *g = group_at(u, group);
	return g->rule == rule && g->key_len == key_len && memcmp(g->key, key, key_len) == 0;
}

uint32_t
unfinished_group(struct unfinished *u, size_t rule, const char *key, size_t key_len)
{
	/* Files of one group mostly follow one another. */
	if (u->last != 0 && group_is(u, u->last, rule, key, key_len))
		return u->last;
	uint32_t hash = (uint32_t)(hash_bytes(key, key_len) >> 32);
	if (!unfinished_grow_index(u))
		return 0;
	uint32_t *slot = unfinished_slot(u, hash, rule, key, key_len);
	if (*slot != 0)
		return *slot;
	uint32_t group = arena_new(&u->arena, offsetof(struct group_record, key) + key_len + 1);
	if (group == 0)
		return 0;
	struct group_record *g = group_at(u, group);
	*g = (struct group_record){.hash = hash,
	    .previous = u->last,
	    .rule = (uint32_t)rule,
	    .key_len = (uint16_t)key_len};
	memcpy(g->key, key, key_len);
	g->key[key_len] = '\0';
	if (u->last != 0)
		group_at(u, u->last)->next = group;
	else
		u->first = group;
	u->last = group;
	u->count++;
	*slot = group;
	return group;
}

size_t
unfinished_files(const struct unfinished *u, uint32_t group)
{
	return group_at(u, group)->count;
}

const char *
unfinished_key(const struct unfinished *u, uint32_t group, size_t *len, size_t *rule)
{
	const struct group_record *g = group_at(u, group);
	*len = g->key_len;
	*rule = g->rule;
	return g->key;
}

uint32_t
unfinished_next(const struct unfinished *u, uint32_t group)
{
	return group_at(u, group)->next;
}

/* ---- directories ---- */

static void
dir_drop(struct unfinished *u, uint32_t dir)
{
	if (dir != 0 && dir != u->dir &&
	    ((struct dir_record *)arena_at(&u->arena, dir))->files == 0)
		arena_drop(&u->arena, dir);
}

/* Makes a directory that of the files to come. */
static bool
dir_set(struct unfinished *u, const char *path, uint64_t number)
{
	/* A path is kept once a directory, not once a file. */
	if (u->dir != 0 && u->dir_number == number)
		return true;
	size_t size = strlen(path) + 1;
	uint32_t dir = arena_new(&u->arena, sizeof(struct dir_record) + size);
	if (dir == 0)
		return false;
	struct dir_record *d = arena_at(&u->arena, dir);
	d->files = 0;
	memcpy(d->path, path, size);
	uint32_t before = u->dir;
	u->dir = dir;
	u->dir_number = number;
	dir_drop(u, before);
	return true;
}

/* ---- files ---- */

static size_t
number_size(uint64_t n)
{
	size_t size = 1;
	while (n >>= 7)
		size++;
	return size;
}

static char *
number_put(char *p, uint64_t n)
{
	for (; n > 0x7f; n >>= 7)
		*p++ = (char)(0x80 | (n & 0x7f));
	*p++ = (char)n;
	return p;
}

static const char *
number_get(const char *p, uint64_t *n)
{
	unsigned shift = 0;
	for (*n = 0;; shift += 7) {
		unsigned char c = (unsigned char)*p++;
		*n |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return p;
	}
}

int
unfinished_put(struct unfinished *u, uint32_t group, const struct unfinished_file *f,
    const char *name, size_t captures_len, uint64_t dir_number)
{
	if (!dir_set(u, f->dir, dir_number))
		return -1;
	struct group_record *g = group_at(u, group);
	size_t common = 0, name_len = strlen(name);
	/* Names and keys mostly begin alike: those bytes are kept once, in the key. */
	while (common < g->key_len && common < name_len && g->key[common] == name[common])
		common++;
	size_t rest = name_len - common + 1;
	uint32_t file = arena_new(&u->arena, offsetof(struct file_record, text) +
	                                         number_size(f->where) + number_size(common) +
	                                         rest + captures_len);
	if (file == 0)
		return -1;
	struct file_record *r = file_at(u, file);
	/* At the front, so that no other record is touched; whoever reads them turns the order
	 * round. */
	r->next = g->file;
	r->dir = u->dir;
	r->line = (uint16_t)f->line;
	r->band = (uint16_t)f->band;
	char *p = number_put(number_put(r->text, f->where), common);
	memcpy(p, name + common, rest);
	if (captures_len > 0)
		memcpy(p + rest, f->captures, captures_len);
	((struct dir_record *)arena_at(&u->arena, u->dir))->files++;
	g->file = file;
	g->count++;
	return 0;
}

uint32_t
unfinished_read(const struct unfinished *u, uint32_t group, uint32_t file,
    struct unfinished_file *f, struct buf *text)
{
	const struct group_record *g = group_at(u, group);
	file = file == 0 ? g->file : file_at(u, file)->next;
	if (file == 0)
		return 0;
	const struct file_record *r = file_at(u, file);
	uint64_t common;
	const char *rest = number_get(number_get(r->text, &f->where), &common);
	size_t rest_size = strlen(rest) + 1;
	f->dir = ((struct dir_record *)arena_at(&u->arena, r->dir))->path;
	f->line = r->line;
	f->band = r->band;
	f->captures = rest + rest_size;
	f->name = text->len;
	if (buf_add(text, g->key, (size_t)common) != 0 || buf_add(text, rest, rest_size) != 0)
		return 0;
	return file;
}

/* ---- forgetting ---- */

void
unfinished_drop(struct unfinished *u, uint32_t group)
{
	struct group_record *g = group_at(u, group);
	unfinished_free_slot(u, unfinished_slot(u, g->hash, g->rule, g->key, g->key_len));
	for (uint32_t file = g->file, next; file != 0; file = next) {
		struct file_record *r = file_at(u, file);
		struct dir_record *d = arena_at(&u->arena, r->dir);
		next = r->next;
		d->files--;
		dir_drop(u, r->dir);
		arena_drop(&u->arena, file);
	}
	if (g->previous != 0)
		group_at(u, g->previous)->next = g->next;
	else
		u->first = g->next;
	if (g->next != 0)
		group_at(u, g->next)->previous = g->previous;
	else
		u->last = g->previous;
	u->count--;
	arena_drop(&u->arena, group);
}

void
unfinished_clear(struct unfinished *u)
{
	/* One huge directory must not cost every later one the clearing of its index. */
	if (u->index_size > INDEX_KEEP) {
		free(u->index);
		u->index = NULL;
		u->index_size = 0;
	} else if (u->count > 0) {
		memset(u->index, 0, u->index_size * sizeof *u->index);
	}
	u->count = 0;
	u->first = u->last = u->dir = 0;
	arena_clear(&u->arena);
}

void
unfinished_free(struct unfinished *u)
{
	arena_free(&u->arena);
	free(u->index);
	*u = (struct unfinished){0};
}
