#ifndef RSENC_SCAN_DIRECTORY_H
#define RSENC_SCAN_DIRECTORY_H

#include <stddef.h>

/* A directory in which files of patches lie: of a file system, or of an archive. */
struct directory {
	char *path;          /* as printed: the root as given + '/' + names as found */
	char *real;          /* absolute, without symbolic links */
	char *path_as_given; /* absolute, with them; the same pointer as `real` if there are none */
	size_t depth;        /* below the root, which has 0 */
	size_t archive;      /* bytes of `path_as_given` that stand for an archive; 0: a tree */
};

#endif
