#ifndef RSENC_SCAN_ARCHIVE_H
#define RSENC_SCAN_ARCHIVE_H

#include "base/error.h"
#include "base/source.h"
#include "scan/found.h"

/*
 * The TIFF files of an archive, as a walk through its tree would find them if it had been unpacked.
 *
 * A hard link is the file that its target was at that place in the archive. A symbolic link is
 * the last copy of the file to which it leads in the end. An archive with links is read twice, so
 * that in a stream, which cannot be, links are reported as problems.
 */

struct archive;

/* Opens an archive in a regular file, which is scanned as a directory of its name. `path` must
 * outlive the files. NULL with the reason. */
struct archive *archive_open(const char *path, struct error *why);

/* Reads an archive once, from front to back: its files are to be read into memory. */
struct archive *archive_stream(struct source *source);

enum found_what archive_next(struct archive *a, struct found *f);

/* Reads the data of the file in a stream that was found last. Returns 0, or -1 with the reason. */
int archive_load(struct archive *a, struct archive_file *f, struct error *why);

void archive_close(struct archive *a);

#endif
