/* LD_PRELOAD: locks of fcntl fail with the errno in $NOLOCKS, as on a mount without them. With 0 all
 * that are asked for are granted, and none of others is found: locks hold on one machine only. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

static int
control(const char *name, int fd, int command, void *argument)
{
	const char *cause = getenv("NOLOCKS");
	int (*real)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, name);
	if (!cause || (command != F_SETLK && command != F_SETLKW && command != F_GETLK))
		return real(fd, command, argument);
	errno = atoi(cause);
	if (errno != 0)
		return -1;
	if (command == F_GETLK)
		((struct flock *)argument)->l_type = F_UNLCK;
	return 0;
}

int
fcntl(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	return control("fcntl", fd, command, argument);
}

int
fcntl64(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	return control("fcntl64", fd, command, argument);
}
