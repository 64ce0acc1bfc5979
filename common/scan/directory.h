#ifndef RSENC_SCAN_DIRECTORY_H
#define RSENC_SCAN_DIRECTORY_H

#include <stddef.h>

/* A directory in which files of patches lie: of a file system, or of an archive. */
struct directory {
	char *path;     /* as printed: the root as given + '/' + names as met */
	char *real;     /* absolute, without symbolic links */
	char *met;      /* absolute, links as met; the same pointer as `real` if there were none */
	size_t depth;   /* below the root, which has 0 */
	size_t archive; /* bytes of `met` that stand for an archive: several archives are one root */
};

#endif
