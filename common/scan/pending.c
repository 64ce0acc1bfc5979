#include "scan/pending.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { OVERHEAD = 32 /* bytes, twice of a group or file: what malloc(3) adds, the tree's node */ };

/* ---- directories ---- */

struct assembled_dir *
pending_dir(const char *path, const char *given)
{
	size_t path_size = strlen(path) + 1, given_size = strlen(given) + 1;
	size_t bytes = sizeof(struct assembled_dir) + path_size + given_size;
	struct assembled_dir *d = xmalloc(bytes);
	d->users = 1;
	d->bytes = bytes + OVERHEAD;
	memcpy(d->path, path, path_size);
	d->given = memcpy(d->path + path_size, given, given_size);
	return d;
}

void
pending_dir_drop(struct assembled_dir *d)
{
	if (d && --d->users == 0)
		free(d);
}

/* ---- the tree ---- */

/* By hash first: of most groups nothing else is compared. */
static int
pending_compare(const void *a, const void *b)
{
	const struct pending_group *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->group.rule != y->group.rule)
		return strcmp(x->group.rule->name, y->group.rule->name);
	return bytes_compare(x->group.key, x->group.key_len, y->group.key, y->group.key_len);
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

/* ---- groups and files ---- */

struct pending_group *
pending_get(
    void **tree, struct pending_list *list, struct rule *rule, const char *key, size_t key_len)
{
	struct pending_group wanted = {.group = {.rule = rule, .key = key, .key_len = key_len},
	    .hash = hash_bytes(key, key_len),
	    .bytes = sizeof wanted + 2 * OVERHEAD + key_len};
	struct pending_group **node = tsearch(&wanted, tree, pending_compare);
	if (!node)
		alloc_failed();
	if (*node != &wanted)
		return *node;
	struct pending_group *g = *node = xmalloc(sizeof *g + key_len + 1);
	*g = wanted;
	g->group.key = memcpy(g->key, key, key_len);
	g->key[key_len] = '\0';
	pending_append(g, list);
	return g;
}

static void
pending_file_free(struct assembled_file *f)
{
	pending_dir_drop(f->dir);
	if (f->in_archive)
		free(f->in_archive->data);
	free(f->in_archive);
	free(f->name);
}

void
pending_add_file(struct pending_group *g, const struct assembled_file *file)
{
	struct assembled *a = &g->group;
	size_t name_size = strlen(file->name) + 1, label_size = strlen(file->label) + 1;
	/* That files share their directory is not counted. */
	size_t bytes = sizeof *file + 2 * OVERHEAD + name_size + label_size + file->dir->bytes;
	/* There is room for the next power of two. */
	if ((a->count & (a->count - 1)) == 0)
		a->files = xreallocarray(a->files, a->count ? 2 * a->count : 1, sizeof *a->files);
	struct assembled_file *f = &a->files[a->count++];
	*f = *file;
	f->order = g->added++;
	f->dir->users++;
	if (file->in_archive) {
		f->in_archive = xmalloc(sizeof *f->in_archive);
		*f->in_archive = *file->in_archive;
		file->in_archive->data = NULL;
		bytes += sizeof *f->in_archive +
		         (f->in_archive->data ? f->in_archive->range.size : 0);
	}
	f->name = xmalloc(name_size + label_size);
	memcpy(f->name, file->name, name_size);
	f->label = memcpy(f->name + name_size, file->label, label_size);
	g->bytes += bytes;
	g->list->bytes += bytes;
}

static bool
pending_same_member(const struct assembled_file *a, const struct assembled_file *b)
{
	return a->in_archive && b->in_archive && a->line == b->line && a->band == b->band &&
	       a->in_archive->range.part == b->in_archive->range.part &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->dir->path, b->dir->path) == 0;
}

void
pending_replace(struct pending_group *g)
{
	struct assembled_file *files = g->group.files;
	size_t kept = 0;
	for (size_t i = 0; i < g->group.count; i++) {
		if (kept > 0 && pending_same_member(&files[kept - 1], &files[i]))
			pending_file_free(&files[--kept]);
		files[kept++] = files[i];
	}
	g->group.count = kept;
}

void
pending_drop(void **tree, struct pending_group *g)
{
	tdelete(g, tree, pending_compare);
	pending_remove(g);
	for (size_t i = 0; i < g->group.count; i++)
		pending_file_free(&g->group.files[i]);
	free(g->group.files);
	free(g);
}
