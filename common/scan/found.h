#ifndef RSENC_SCAN_FOUND_H
#define RSENC_SCAN_FOUND_H

#include "base/range.h"

#include <stddef.h>

/* What a walk (walk.h) or an archive (archive.h) finds next. */

/* A directory in which files of patches lie: of a file system, or of an archive. */
struct directory {
	char *path;          /* as printed: the root as given + '/' + names as found */
	char *real;          /* absolute, without symbolic links */
	char *path_as_given; /* absolute, with them; the same pointer as `real` if there are none */
	size_t depth;        /* below the root, which has 0 */
	size_t archive;      /* bytes of `path_as_given` that stand for an archive; 0: a tree */
};

/* A file of an archive: where it lies in the archive, or its data. */
struct archive_file {
	const char *archive; /* its path as printed; NULL: the file is in memory */
	struct range range;
	char *data; /* range.size bytes; NULL: not read */
};

enum found_what {
	FOUND_END,
	FOUND_FILE,    /* a TIFF file, or a link to a file, whose name is that of one */
	FOUND_LEAVE,   /* all of `dir`, with what lies below it, was visited */
	FOUND_PROBLEM, /* something cannot be read */
	FOUND_DAMAGE,  /* nothing more of the archive can be read; FOUND_END follows */
	FOUND_STEP     /* nothing to report, for now */
};

/* Valid until the next one is found. */
struct found {
	const struct directory *dir;
	size_t left; /* FOUND_FILE in an archive: directories of that depth seem to be left; or 0 */
	const char *name;
	const char *real;          /* FOUND_FILE: its real path if it is a link, else NULL */
	struct archive_file *file; /* FOUND_FILE: if it lies in an archive, else NULL */
	const char *path, *why;    /* FOUND_PROBLEM, FOUND_DAMAGE */
};

#endif
