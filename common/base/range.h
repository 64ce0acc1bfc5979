#ifndef RSENC_BASE_RANGE_H
#define RSENC_BASE_RANGE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * A file that lies in another one, an archive: where, and by what it is seen that the archive is
 * still the one that was looked at.
 */

enum { RANGE_CHECKED = 512 }; /* bytes before the range that are checked: a member's header */

struct range {
	uint64_t at, size;    /* bytes; size 0 with at 0: the whole file, no range */
	bool checked;         /* what follows is known: */
	uint64_t whole;       /* bytes of the archive */
	struct timespec time; /* of its last change */
	uint32_t check;       /* range_check of the RANGE_CHECKED bytes before `at` */
};

/* The CRC-32 of gzip, PNG and Python's zlib.crc32, over RANGE_CHECKED bytes. */
uint32_t range_check(const void *block);

/* Archives that are kept open between reads. All zero: none. One for each thread. */
struct range_files {
	struct range_file {
		char *path; /* NULL: free */
		int fd;
		unsigned long used; /* when, as a number of the read */
	} file[4]; /* a patch's files may come from an archive each for radar, optics and maps */
	unsigned long reads;
};

/* Replaces the contents of `b` by a range of the file `path`, of at most max bytes. It is an error
 * if the file is not what the range says of it. Returns 0, or -1 with the reason (the path is not
 * in it). */
int range_read(struct range_files *files, const char *path, const struct range *range, uint64_t max,
    struct buf *b, struct error *why);

void range_files_close(struct range_files *files);

#endif
