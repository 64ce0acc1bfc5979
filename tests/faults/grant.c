/* Preloaded: a file system whose locks hold on one machine only. fcntl grants every lock that is
 * asked for, and finds none of others. */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>

static int
grant(const char *name, int fd, int command, void *argument)
{
	int (*next)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, name);
	if (command == F_SETLK || command == F_SETLKW)
		return 0;
	if (command == F_GETLK) {
		((struct flock *)argument)->l_type = F_UNLCK;
		return 0;
	}
	return next(fd, command, argument);
}

int
fcntl(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	return grant("fcntl", fd, command, argument);
}

int
fcntl64(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	return grant("fcntl64", fd, command, argument);
}
