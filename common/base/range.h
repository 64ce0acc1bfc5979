#ifndef RSENC_BASE_RANGE_H
#define RSENC_BASE_RANGE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * A file that lies in another one, an archive: where, and how it is seen that the archive still
 * is the one that was scanned. A member of a tar archive is checked by the header before it, one
 * of a zip archive by its own CRC-32.
 */

enum {
	RANGE_CHECKED = 512, /* bytes before the range that are checked: a member's header */
	ZIP_LOCAL = 30, /* bytes of a member's local header in a zip archive, before its name */
	ZIP_STORED = 0, /* methods of zip that can be read */
	ZIP_DEFLATED = 8,
	RANGE_FILES = 4 /* of a patch may lie in an archive each: radar, optics, maps */
};

struct range {
	uint64_t at, size;    /* bytes; size 0 with at 0: the complete file, no range */
	uint32_t part;        /* of several archives one behind the other, from 0 */
	bool checked;         /* the next three fields are known: */
	uint64_t whole;       /* bytes of the archive */
	struct timespec time; /* of its last change */
	uint32_t check; /* CRC-32 of the RANGE_CHECKED bytes before `at`; of zip: of the file */

	/* A member of a zip archive, whose local header is at `at`: */
	bool zipped;
	uint16_t method;
	uint64_t stored; /* bytes of its data in the archive */
};

/* Archives that are kept open between reads. All zero: none. One for each thread. */
struct range_files {
	struct range_file {
		char *path; /* NULL: free */
		int fd;
	} file[RANGE_FILES];
	size_t next;       /* which one another archive takes the place of */
	struct buf packed; /* data before it is inflated */
	struct inflater *inflater;
};

/* Replaces the contents of `b` by a file in the archive `path`, of at most max bytes. It is an
 * error if the archive is not as the range describes it. A large one is mapped
 * as by file_read, but not a member of a zip archive: its CRC-32 is of all of it. Returns 0, or -1
 * with the reason, without the path. */
int range_read(struct range_files *files, const char *path, const struct range *range, uint64_t max,
    struct file_map *m, struct buf *b, struct error *why);

void range_files_close(struct range_files *files);

#endif
