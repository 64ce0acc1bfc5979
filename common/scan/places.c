#include "scan/places.h"

#include <stdlib.h>
#include <string.h>

int
places_archive(struct places *p, const char *path, uint64_t whole, const struct timespec *time)
{
	struct places_archive *archive = realloc(
	    p->archive, (p->archive_count + 1) * sizeof *archive);
	if (!archive)
		return -1;
	p->archive = archive;
	char *copy = strdup(path);
	if (!copy)
		return -1;
	archive[p->archive_count++] = (struct places_archive){
	    .path = copy, .whole = whole, .time = *time};
	return 0;
}

uint64_t
places_add(struct places *p, const struct tar_member *m)
{
	/* Places of groups that were written serve again: memory is bounded by the groups that wait, not
	 * by the archive, which may have millions of members. */
	uint64_t where = p->free;
	if (where > 0) {
		p->free = p->place[where - 1].at;
	} else {
		if (p->count == p->capacity) {
			size_t capacity = p->capacity ? 2 * p->capacity : 64;
			struct place *place = realloc(p->place, capacity * sizeof *place);
			if (!place)
				return 0;
			p->place = place;
			p->capacity = capacity;
		}
		where = ++p->count;
	}
	p->place[where - 1] = (struct place){
	    m->at, m->size, m->check, (uint32_t)(p->archive_count - 1)};
	return where;
}

void
places_drop(struct places *p, uint64_t where)
{
	if (where == 0)
		return;
	p->place[where - 1].at = p->free;
	p->free = where;
}

int
places_describe(struct places *p, const struct assembled *group, struct assembled *described)
{
	/* The assembler knows no archives, and keeps a number a file: what that stands for is put beside
	 * it only here, in a copy. */
	*described = *group;
	if (p->archive_count == 0)
		return 0;
	if (group->count > p->room) {
		free(p->files);
		free(p->ranges);
		p->files = calloc(group->count, sizeof *p->files);
		p->ranges = calloc(group->count, sizeof *p->ranges);
		p->room = p->files && p->ranges ? group->count : 0;
		if (p->room == 0)
			return -1;
	}
	for (size_t i = 0; i < group->count; i++) {
		struct assembled_file *f = &p->files[i];
		*f = group->files[i];
		if (f->where == 0)
			continue;
		const struct place *place = &p->place[f->where - 1];
		const struct places_archive *archive = &p->archive[place->archive];
		p->ranges[i] = (struct range){.at = place->at,
		    .size = place->size,
		    .checked = true,
		    .whole = archive->whole,
		    .time = archive->time,
		    .check = place->check};
		f->archive = archive->path;
		f->range = &p->ranges[i];
	}
	described->files = p->files;
	return 0;
}

void
places_drop_group(struct places *p, const struct assembled *group)
{
	for (size_t i = 0; i < group->count; i++)
		places_drop(p, group->files[i].where);
}

void
places_free(struct places *p)
{
	for (size_t i = 0; i < p->archive_count; i++)
		free(p->archive[i].path);
	free(p->archive);
	free(p->place);
	free(p->files);
	free(p->ranges);
	*p = (struct places){0};
}
