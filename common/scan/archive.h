#ifndef RSENC_SCAN_ARCHIVE_H
#define RSENC_SCAN_ARCHIVE_H

#include "base/error.h"
#include "scan/assemble.h"
#include "archive/reader.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The members of a tar archive as files for an assembler: paths are matched as if the archive had
 * been unpacked. Hard and symbolic links to a file are that file once more, under their own name; a
 * link to a directory is not followed, since the files are met where they lie.
 *
 * Names are untrusted: one that leads out of the archive is told and left out.
 */

/* Places for files are the caller's, as numbers (assemble_file's `where`). */
struct archive_events {
	void *context;

	/* A new place, for the data of `m` if it has any. Returns 0, or -1 when there is no memory. */
	int (*place)(void *context, const struct tar_member *m, uint64_t *where);

	/* A rule has taken the file of the place: it is the member at hand of the reader, whose data
	 * may be read; or, if `same` is not NULL, the same as that of the place *same. Returns 0, or
	 * -1 with the reason. May be NULL. */
	int (*fill)(void *context, uint64_t where, const uint64_t *same, const char *path,
	    struct tar *tar, const struct tar_member *m, struct error *why);

	/* No rule has taken the file: the place is free. */
	void (*drop)(void *context, uint64_t where);

	/* A place whose file has this path, and whose data is there. May be NULL: there is none. */
	bool (*recall)(void *context, const char *path, uint64_t *where);

	/* Something is wrong with a member of that name. */
	void (*problem)(void *context, const char *path, const char *why);
};

struct archive;

/* `top` is printed before the paths of members, as the directory that the archive would be ("": they
 * stand alone); `real` is an absolute path that stands there when they are matched. All must outlive
 * the archive. NULL when there is no memory. */
struct archive *archive_new(struct tar *tar, struct assembler *assembler, const char *top,
    const char *real, const struct archive_events *events);

/* The next member. Returns 1; 0 at the end; 2 if the assembler ended it; -1 with the reason. */
int archive_next(struct archive *a, struct error *why);

/* How many links lead to files that were not met since: they may lie before them. */
size_t archive_links(const struct archive *a);

/* Reads the archive once more, by another reader, for the files that links lead to. Returns as
 * archive_next. */
int archive_resolve(struct archive *a, struct tar *tar, struct error *why);

/* Tells of the links that are left. */
void archive_lost_links(struct archive *a, const char *why);

/* The path of the first TIFF file that was seen, as printed, or NULL. */
const char *archive_example(const struct archive *a);

void archive_free(struct archive *a);

#endif
