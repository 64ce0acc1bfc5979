#include "scan/archive_file.h"

#include <stdlib.h>

struct archive_file *
archive_file_of(const struct assembled_file *file)
{
	return (struct archive_file *)(uintptr_t)file->where;
}

void
archive_file_release(struct archive_file *f)
{
	if (!f || atomic_fetch_sub(&f->users, 1) != 1)
		return;
	free(f->data);
	free(f);
}

void
archive_file_release_all(const struct assembled *g)
{
	for (size_t i = 0; i < g->count + g->replaced; i++)
		archive_file_release(archive_file_of(&g->files[i]));
}
