#include "base/resident.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Linux: the third number of this file, proc(5). mincore(2) tells of the page cache instead, which
 * is everybody's, and rusage only of the greatest that ever was. */
size_t
resident_mapped(void)
{
	static int fd = -1;
	char text[128], *at = text;
	unsigned long shared = 0;
	if (fd < 0)
		fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return SIZE_MAX;
	text[n] = '\0';
	for (int field = 0; field < 3; field++)
		shared = strtoul(at, &at, 10);
	return (size_t)shared * (size_t)sysconf(_SC_PAGESIZE);
}
