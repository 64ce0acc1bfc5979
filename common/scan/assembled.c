#include "scan/assembled.h"

#include "base/alloc.h"
#include "base/path.h"
#include "scan/archive_file.h"
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

static bool
assembled_same_member(const struct assembled_file *a, const struct assembled_file *b)
{
	/* The home of a file in no archive begins with a slash. */
	return a->home[0] != '/' && strcmp(a->name, b->name) == 0 && strcmp(a->dir, b->dir) == 0 &&
	       strcmp(a->home, b->home) == 0 && a->line == b->line;
}

/* Of members of one name, as `tar -r` makes them, the last one counts: unpacking gives that. The
 * others go behind the files that count. */
static void
assembled_replace_members(struct assembled *a, struct assembled_file *files)
{
	size_t kept = a->count > 0;
	for (size_t i = 1; i < a->count; i++) {
		struct assembled_file f = files[i];
		if (assembled_same_member(&files[kept - 1], &f)) {
			files[i] = files[kept - 1];
			files[kept - 1] = f;
		} else {
			files[i] = files[kept];
			files[kept++] = f;
		}
	}
	a->replaced = a->count - kept;
	a->count = kept;
}

void
assembled_read(const struct pending_group *group, const struct rule *rule,
    struct assembled_file *files, struct assembled *out)
{
	size_t i = group->count;
	for (const struct pending_file *f = group->last; f; f = f->before) {
		const struct rule_line *line = rule->line[f->line];
		const char *label = f->name + strlen(f->name) + 1;
		i--;
		files[i] = (struct assembled_file){.dir = f->dir->text,
		    .name = f->name,
		    .where = f->where,
		    .line = line,
		    .label = line->labelled ? label : line->label,
		    .home = f->home->text,
		    .band = f->band,
		    .order = i};
	}
	qsort(files, group->count, sizeof *files, assembled_compare_files);
	*out = (struct assembled){.rule = rule,
	    .rule_number = group->rule,
	    .key = group->key,
	    .key_len = group->key_len,
	    .files = files,
	    .count = group->count};
	assembled_replace_members(out, files);
}

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
