#include "slurp.h"

#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10 };

static int
slurp_fd(int fd, size_t max, struct buf *b, struct error *why)
{
	for (size_t start = b->len; b->len - start <= max;) {
		if (buf_reserve(b, READ_SIZE) != 0)
			return error_set(why, "out of memory");
		ssize_t n = stop_read(fd, b->data + b->len, READ_SIZE);
		if (n < 0)
			return error_errno(why, "reading");
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
	return error_set(why, "larger than %zu KiB", max >> 10);
}

int
slurp(const char *path, size_t max, struct buf *b, struct error *why)
{
	if (strcmp(path, "-") == 0)
		return slurp_fd(STDIN_FILENO, max, b, why);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(why, "%s", strerror(errno));
	int status = slurp_fd(fd, max, b, why);
	close(fd);
	return status;
}
