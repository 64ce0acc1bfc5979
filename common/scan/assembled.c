#include "scan/assembled.h"

#include "scan/archive_file.h"
#include "stream/group.h"

#include <string.h>

/* DIR/NAME, only "/" needs no slash. */
static int
path_add(struct buf *out, const struct assembled_file *file,
    int (*add)(struct buf *, const char *, size_t))
{
	size_t len = strlen(file->dir);
	if (add(out, file->dir, len) != 0)
		return -1;
	if ((len == 0 || file->dir[len - 1] != '/') && add(out, "/", 1) != 0)
		return -1;
	return add(out, file->name, strlen(file->name));
}

static int
path_plain(struct buf *out, const char *bytes, size_t len)
{
	return buf_add(out, bytes, len);
}

int
assembled_path(const struct assembled_file *file, struct buf *out)
{
	return path_add(out, file, path_plain);
}

const struct assembled_file *
assembled_first(const struct assembled *g)
{
	size_t i = 0;
	while (i + 1 < g->count && g->files[i].order != 0)
		i++;
	return &g->files[i];
}

int
assembled_line(const struct assembled *g, struct buf *out)
{
	if (group_escape_key(out, g->key, g->key_len) != 0)
		return -1;
	for (size_t i = 0; i < g->count; i++) {
		const struct assembled_file *f = &g->files[i];
		if (buf_add(out, "\t", 1) != 0 ||
		    line_names(f->line, f->label, f->band, out) != 0 || buf_add(out, "=", 1) != 0)
			return -1;
		const struct archive_file *file = archive_file_of(f);
		if (!file || !file->archive) {
			path_add(out, f, group_escape);
		} else {
			group_escape(out, file->archive, strlen(file->archive));
			group_add_range(out, &file->range);
		}
	}
	return 0;
}
