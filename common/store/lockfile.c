#ifdef __linux__
#define _GNU_SOURCE /* fallocate */
#endif

#include "store/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not posix_fallocate: where the file system has no such thing that writes to each page itself, while
 * another process may be writing there. */
int
lockfile_back(const char *path, bool make)
{
	int cause = 0;
#ifdef __linux__
	enum { LOCK_SIZE = 8192 }; /* LMDB's, of 126 readers */
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0666);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_blocks * 512 < LOCK_SIZE &&
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_SIZE) != 0 &&
	    (errno == ENOSPC || errno == EDQUOT))
		cause = errno;
	close(fd);
#else
	(void)path;
	(void)make;
#endif
	return cause;
}
