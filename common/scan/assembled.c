#include "scan/assembled.h"

#include "base/alloc.h"
#include "base/path.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

/* In the order of paths, so that messages do not depend on the order of an archive. */
static int
assembled_compare_paths(const struct assembled_file *a, const struct assembled_file *b)
{
	int order = strcmp(a->dir->path, b->dir->path);
	return order != 0 ? order : strcmp(a->name, b->name);
}

static int
assembled_compare_files(const void *va, const void *vb)
{
	const struct assembled_file *a = va, *b = vb;
	if (a->line != b->line)
		return a->line->number < b->line->number ? -1 : 1;
	int order = strcmp(a->label, b->label);
	if (order != 0)
		return order;
	if (a->band != b->band)
		return a->band < b->band ? -1 : 1;
	order = assembled_compare_paths(a, b);
	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* ---- ranks ---- */

/* The next text of a file's label that is ranked, up to LABEL_RANK_END, or NULL. Names of files may
 * contain these bytes, too. */
static const char *
next_ranked(const struct assembled_file *f, const char *label)
{
	const char *begin = strchr(f->line->label, '#') ? strchr(label, LABEL_RANK) : NULL;
	return begin && strchr(begin, LABEL_RANK_END) ? begin + 1 : NULL;
}

/* In bytewise order: what ends a text is less than what names of tensors may contain. */
static int
compare_ranked(const void *va, const void *vb)
{
	const unsigned char *a = *(const unsigned char *const *)va;
	const unsigned char *b = *(const unsigned char *const *)vb;
	for (; *a == *b && *a != LABEL_RANK_END; a++, b++)
		;
	return *a - *b;
}

/* All different texts of a group, in order. The caller frees. */
static const char **
list_ranked(const struct assembled_file *files, size_t count, size_t *found)
{
	struct buf texts = {0};
	for (size_t i = 0; i < count; i++) {
		for (const char *p = files[i].label; (p = next_ranked(&files[i], p)) != NULL;)
			buf_add(&texts, &p, sizeof p);
	}
	const char **list = (const char **)(void *)texts.data;
	size_t total = texts.len / sizeof *list;
	if (total > 0)
		qsort(list, total, sizeof *list, compare_ranked);
	*found = 0;
	for (size_t i = 0; i < total; i++) {
		if (*found == 0 || compare_ranked(&list[*found - 1], &list[i]) != 0)
			list[(*found)++] = list[i];
	}
	return list;
}

/* Replaces ranks in the labels of a group's files (rules.h) by their numbers, from 1, in bytewise
 * order of all texts that are ranked in the group. The new labels are in `text`. */
static void
assembled_rank(struct assembled_file *files, size_t count, struct buf *text)
{
	size_t found;
	const char **list = list_ranked(files, count, &found);
	text->len = 0;
	for (size_t i = 0; found > 0 && i < count; i++) {
		const char *label = files[i].label;
		for (const char *p; (p = next_ranked(&files[i], label)) != NULL;) {
			const char **one = bsearch(&p, list, found, sizeof *list, compare_ranked);
			buf_add(text, label, (size_t)(p - label) - 1);
			buf_addf(text, "%zu", (size_t)(one - list) + 1);
			label = strchr(p, LABEL_RANK_END) + 1;
		}
		buf_add(text, label, strlen(label) + 1);
	}
	const char *label = text->data;
	for (size_t i = 0; found > 0 && i < count; i++) {
		files[i].label = label;
		label += strlen(label) + 1;
	}
	free(list);
}

/* ---- the whole ---- */

void
assembled_sort(struct assembled *g, struct buf *text)
{
	for (size_t i = 0; i < g->count; i++) {
		struct assembled_file *f = &g->files[i];
		f->label = f->line->labelled ? f->name + strlen(f->name) + 1 : f->line->label;
	}
	if (g->count > 1)
		qsort(g->files, g->count, sizeof *g->files, assembled_compare_files);
	assembled_rank(g->files, g->count, text);
}

char *
assembled_bad_path(const struct assembled *g)
{
	const struct assembled_file *first = g->files;
	for (size_t i = 1; i < g->count; i++) {
		if (assembled_compare_paths(&g->files[i], first) < 0)
			first = &g->files[i];
	}
	return g->one_file_bad ? path_join(first->dir->path, first->name)
	                       : xstrdup(first->dir->path);
}

/* Appends where a file is, as a group line has it. */
static void
add_place(const struct assembled_file *f, struct buf *out)
{
	const struct archive_file *file = f->in_archive;
	if (file && file->archive) {
		group_escape(out, file->archive, strlen(file->archive));
		group_add_range(out, &file->range);
		return;
	}
	size_t len = strlen(f->dir->path);
	group_escape(out, f->dir->path, len);
	buf_add(out, "/", f->dir->path[len - 1] != '/');
	group_escape(out, f->name, strlen(f->name));
}

void
assembled_line(const struct assembled *g, struct buf *out)
{
	group_escape_key(out, g->key, g->key_len);
	for (size_t i = 0; i < g->count; i++) {
		const struct assembled_file *f = &g->files[i];
		buf_add(out, "\t", 1);
		line_names(f->line, f->label, f->band, out);
		buf_add(out, "=", 1);
		add_place(f, out);
	}
}
