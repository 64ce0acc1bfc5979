#include "scan/assembled.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/archive_file.h"
#include "stream/group.h"

#include <stdlib.h>
#include <string.h>

void
assembled_path(const struct assembled_file *file, struct buf *out)
{
	char *path = path_join(file->dir, file->name);
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
	return g->one_file_bad ? path_join(first->dir, first->name) : xstrdup(first->dir);
}

/* Appends where a file is, as a group line has it. */
static void
add_place(const struct assembled_file *f, struct buf *out)
{
	const struct archive_file *file = archive_file_of(f);
	if (file && file->archive) {
		group_escape(out, file->archive, strlen(file->archive));
		group_add_range(out, &file->range);
		return;
	}
	size_t len = strlen(f->dir);
	group_escape(out, f->dir, len);
	if (len == 0 || f->dir[len - 1] != '/')
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
