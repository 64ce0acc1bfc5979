#include "scan/assembled.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/labels.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

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
	return (a->order > b->order) - (a->order < b->order);
}

void
assembled_sort(struct assembled *g, struct buf *text)
{
	for (size_t i = 0; i < g->count; i++) {
		struct assembled_file *f = &g->files[i];
		f->label = f->line->labelled ? f->name + strlen(f->name) + 1 : f->line->label;
	}
	if (g->count > 1)
		qsort(g->files, g->count, sizeof *g->files, assembled_compare_files);
	labels_rank(g->files, g->count, text);
}

void
assembled_path(const struct assembled_file *file, struct buf *out)
{
	char *path = path_join(file->dir->path, file->name);
	buf_add(out, path, strlen(path));
	free(path);
}

char *
assembled_bad_path(const struct assembled *g)
{
	const struct assembled_file *first = g->files;
	for (size_t i = 1; i < g->count; i++) {
		if (g->files[i].order < first->order)
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
	if (len == 0 || f->dir->path[len - 1] != '/')
		buf_add(out, "/", 1);
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
