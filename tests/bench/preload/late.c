/* LD_PRELOAD: write-back is not begun early, as where the system can't: all is left to the sync. */

#define _GNU_SOURCE
#include <fcntl.h>

int
sync_file_range(int fd, off_t from, off_t bytes, unsigned flags)
{
	(void)fd, (void)from, (void)bytes, (void)flags;
	return 0;
}
