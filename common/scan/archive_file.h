#ifndef RSENC_SCAN_ARCHIVE_FILE_H
#define RSENC_SCAN_ARCHIVE_FILE_H

#include "base/range.h"
#include "scan/assembled.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* A file of an archive, from when its member is read until its patch is written: where it lies
 * in the archive, or its data. Links to one file share it. It is the `where` of groups_add. */

struct archive_file {
	const char *archive; /* its path as printed; NULL: the file is in memory */
	struct range range;
	char *data; /* range.size bytes; NULL: not read */
	atomic_uint users;
	uint64_t cost; /* bytes that count for -M while its patch is incomplete */
};

/* The file at a place of a group; NULL: it is in no archive. */
struct archive_file *archive_file_of(const struct assembled_file *file);

/* Ends one use; the last one frees it. By any thread. */
void archive_file_release(struct archive_file *f);

/* The same for all files of a group. */
void archive_file_release_all(const struct assembled *g);

#endif
