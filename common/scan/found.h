#ifndef RSENC_SCAN_FOUND_H
#define RSENC_SCAN_FOUND_H

#include "base/error.h"
#include "base/range.h"
#include "base/source.h"

#include <stdbool.h>
#include <stddef.h>

/* The files that a walk or an archive finds, one at a time. */

/* A directory in which files of patches lie: of a file system, or of an archive. */
struct directory {
	char *path;          /* as printed: the root as given + '/' + names as found */
	char *real;          /* absolute, without symbolic links */
	char *path_as_given; /* absolute, with them; the same pointer as `real` if there are none */
	const char *root;    /* `real` of what is scanned; NULL: not known */
	bool linked;         /* a link below the root leads here */
	size_t archive;      /* bytes of `path_as_given` that stand for an archive; 0: a tree */
};

/* A file of an archive: where it lies in the archive, or its data. */
struct archive_file {
	const char *archive; /* its path as printed; NULL: the file is in memory */
	struct range range;
	char *data; /* range.size bytes; NULL: not read */
	bool link;  /* of a stream, in which links cannot be followed */
};

enum found_what {
	FOUND_END,
	FOUND_FILE,    /* a TIFF file, or a link to a file, whose name is that of one */
	FOUND_PROBLEM, /* something cannot be read */
	FOUND_DAMAGE,  /* nothing more of the archive can be read; FOUND_END follows */
	FOUND_STEP     /* nothing to report, for now; also when a directory was visited */
};

/* Valid until the next one is found. */
struct found {
	const struct directory *dir;
	const char *name;
	const char *real;          /* FOUND_FILE: its real path if it is a link, else NULL */
	struct archive_file *file; /* FOUND_FILE: if it lies in an archive, else NULL */
	const char *path, *why;    /* FOUND_PROBLEM, FOUND_DAMAGE */
};

/* ---- walk.c ---- */

/*
 * Visits a tree of directories, each directory's entries in bytewise order. Symbolic links are
 * followed; one that leads back to a directory that contains it is a loop, reported and not
 * followed.
 *
 * Threads list directories ahead of the visit, which stays in the calling thread and in the same
 * order: that hides the latency of disks and network file systems.
 */

struct walk;

/* A walk through `root`, with at most `jobs` threads in all, 0: as many as help. NULL with the
 * reason. */
struct walk *walk_new(const char *root, unsigned jobs, struct error *why);

enum found_what walk_next(struct walk *w, struct found *f);

void walk_free(struct walk *w);

/* ---- archive.c ---- */

/*
 * The TIFF files of an archive, as a walk through its tree would find them if it had been unpacked.
 *
 * A hard link is the file that its target was at that place in the archive. A symbolic link is
 * the last copy of the file to which it leads in the end; if that is a directory, its files are
 * found below the link, too. An archive with links is read twice, so that in a stream, which cannot
 * be, a patch that has links is bad.
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

/* No line has taken the file of a stream that was found last. */
void archive_unmatched(struct archive *a);

void archive_close(struct archive *a);

#endif
