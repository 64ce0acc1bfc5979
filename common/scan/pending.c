#include "scan/pending.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_MIN = 64 };

/* ---- texts ---- */

struct pending_text *
pending_text(const char *text)
{
	size_t size = strlen(text) + 1;
	struct pending_text *t = xmalloc(sizeof *t + size);
	t->users = 1;
	memcpy(t->text, text, size);
	return t;
}

struct pending_text *
pending_text_use(struct pending_text *t)
{
	if (t)
		t->users++;
	return t;
}

void
pending_text_drop(struct pending_text *t)
{
	if (t && --t->users == 0)
		free(t);
}

/* ---- the table ---- */

static struct pending_group **
pending_slot(const struct pending *p, uint64_t hash)
{
	return &p->table[hash & (p->size - 1)];
}

static void
pending_grow(struct pending *p)
{
	struct pending old = *p;
	p->size = p->size ? 2 * p->size : TABLE_MIN;
	p->table = xcalloc(p->size, sizeof *p->table);
	for (size_t i = 0; i < old.size; i++) {
		for (struct pending_group *g = old.table[i], *chain; g; g = chain) {
			struct pending_group **slot = pending_slot(p, g->hash);
			chain = g->chain;
			g->chain = *slot;
			*slot = g;
		}
	}
	free(old.table);
}

static bool
pending_same_home(const struct pending_text *a, const struct pending_text *b)
{
	return a == b || (a && b && strcmp(a->text, b->text) == 0);
}

static bool
pending_is(const struct pending_group *g, size_t rule, const struct pending_text *home,
    const char *key, size_t key_len)
{
	return g->rule == rule && g->key_len == key_len && memcmp(g->key, key, key_len) == 0 &&
	       pending_same_home(g->home, home);
}

struct pending_group *
pending_find(struct pending *p, size_t rule, const struct pending_text *home, const char *key,
    size_t key_len)
{
	if (p->count == 0)
		return NULL;
	/* Files of one group mostly follow one another. */
	if (p->recent && pending_is(p->recent, rule, home, key, key_len))
		return p->recent;
	struct pending_group *g = *pending_slot(p, hash_bytes(key, key_len));
	while (g && !pending_is(g, rule, home, key, key_len))
		g = g->chain;
	return p->recent = g;
}

struct pending_group *
pending_next_same_key(
    const struct pending *p, const struct pending_group *g, const struct pending_group *from)
{
	struct pending_group *other = from ? from->chain : *pending_slot(p, g->hash);
	while (other && (other == g || other->rule != g->rule || other->key_len != g->key_len ||
	                    memcmp(other->key, g->key, g->key_len) != 0))
		other = other->chain;
	return other;
}

/* ---- lists ---- */

static void
pending_append(struct pending_group *g, struct pending_list *list)
{
	g->list = list;
	g->next = NULL;
	g->previous = list->last;
	*(list->last ? &list->last->next : &list->first) = g;
	list->last = g;
	list->bytes += g->bytes;
}

static void
pending_remove(struct pending_group *g)
{
	struct pending_list *list = g->list;
	*(g->previous ? &g->previous->next : &list->first) = g->next;
	*(g->next ? &g->next->previous : &list->last) = g->previous;
	list->bytes -= g->bytes;
}

void
pending_move(struct pending_group *g, struct pending_list *to)
{
	pending_remove(g);
	pending_append(g, to);
}

void
pending_move_all(struct pending_list *from, struct pending_list *to)
{
	while (from->first)
		pending_move(from->first, to);
}

/* ---- groups and files ---- */

struct pending_group *
pending_add(struct pending *p, struct pending_list *list, size_t rule, struct pending_text *home,
    const char *key, size_t key_len)
{
	if (p->count >= p->size)
		pending_grow(p);
	size_t bytes = sizeof(struct pending_group) + key_len + 1;
	struct pending_group *g = xmalloc(bytes);
	*g = (struct pending_group){.hash = hash_bytes(key, key_len),
	    .rule = (uint32_t)rule,
	    .home = pending_text_use(home),
	    .bytes = (uint32_t)bytes,
	    .key_len = (uint16_t)key_len};
	memcpy(g->key, key, key_len);
	g->key[key_len] = '\0';
	struct pending_group **slot = pending_slot(p, g->hash);
	g->chain = *slot;
	*slot = g;
	p->count++;
	pending_append(g, list);
	return p->recent = g;
}

void
pending_add_file(
    struct pending_group *g, const struct pending_file *file, const char *name, const char *label)
{
	size_t name_size = strlen(name) + 1, label_size = strlen(label) + 1;
	size_t bytes = sizeof *file + name_size + label_size;
	struct pending_file *f = xmalloc(bytes);
	*f = *file;
	f->before = g->last;
	pending_text_use(f->dir);
	pending_text_use(f->home);
	memcpy(f->name, name, name_size);
	memcpy(f->name + name_size, label, label_size);
	g->last = f;
	g->count++;
	g->bytes += (uint32_t)bytes;
	g->list->bytes += bytes;
}

void
pending_take_files(struct pending_group *g, struct pending_group *from)
{
	if (!from->last)
		return;
	struct pending_file *first = from->last;
	while (first->before)
		first = first->before;
	first->before = g->last;
	g->last = from->last;
	g->count += from->count;
	from->last = NULL;
	from->count = 0;
}

void
pending_drop(struct pending *p, struct pending_group *g)
{
	struct pending_group **link = pending_slot(p, g->hash);
	while (*link != g)
		link = &(*link)->chain;
	*link = g->chain;
	p->count--;
	p->recent = NULL;
	pending_remove(g);
	for (struct pending_file *f = g->last, *before; f; f = before) {
		before = f->before;
		pending_text_drop(f->dir);
		pending_text_drop(f->home);
		free(f);
	}
	pending_text_drop(g->home);
	free(g);
}

void
pending_free(struct pending *p)
{
	free(p->table);
	*p = (struct pending){0};
}
