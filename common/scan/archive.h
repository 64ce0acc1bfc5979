#ifndef RSENC_SCAN_ARCHIVE_H
#define RSENC_SCAN_ARCHIVE_H

#include "base/error.h"
#include "base/source.h"
#include "scan/archive_file.h"
#include "scan/groups.h"

#include <stdint.h>

/*
 * The members of an archive as files for groups.h, as if it had been unpacked. Each file of a
 * group is a struct archive_file, which whoever gets the group from groups_next releases.
 *
 * A hard link is the file that its target was at that place in the archive. A symbolic link is
 * the last copy of the file to which it leads in the end. An archive with links is read twice, so
 * that in a stream, which cannot be, links are reported as problems.
 */

struct archive;

/* Called with a member that cannot be used, DIR/NAME, and why. */
typedef void archive_problem(void *context, const char *path, const char *why);

/* Opens an archive in a regular file, which is scanned as a directory of its name. `path` must
 * outlive the files. NULL with the reason. */
struct archive *archive_open(const char *path, struct groups *groups, archive_problem *problem,
    void *context, struct error *why);

/* Reads an archive once, from front to back, with its files in memory: those of incomplete
 * patches may take max_memory bytes. With 0 no data is kept, so that patches can only be
 * counted. */
struct archive *archive_stream(struct source *source, uint64_t max_memory, struct groups *groups,
    archive_problem *problem, void *context);

/* Gives the next member to the groups. Returns 1; 0 at the end; -1 with the reason. */
int archive_next(struct archive *a, struct error *why);

/* A patch that the file belongs to is complete, or is given up: it no longer counts as waiting. */
void archive_file_complete(struct archive *a, const struct archive_file *f);

/* How many bytes of a stream's files wait for their patch. */
uint64_t archive_waiting(const struct archive *a);

/* The path of the first TIFF file, as printed, or NULL. */
const char *archive_example(const struct archive *a);

void archive_close(struct archive *a);

#endif
