#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *program_name = "rsenc";

_Noreturn void
alloc_failed(void)
{
	char text[64];
	int len = snprintf(text, sizeof text, "%.32s: out of memory\n", program_name);
	(void)!write(STDERR_FILENO, text, (size_t)len);
	_exit(1);
}

void *
xreallocarray(void *old, size_t count, size_t size)
{
	size_t bytes = size && count > SIZE_MAX / size ? SIZE_MAX : count * size;
	/* realloc to 0 bytes would free. */
	void *p = realloc(old, bytes ? bytes : 1);
	if (!p)
		alloc_failed();
	return p;
}

void *
xmalloc(size_t size)
{
	return xreallocarray(NULL, size, 1);
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		alloc_failed();
	return p;
}

char *
xstrndup(const char *text, size_t len)
{
	char *p = xmalloc(len + 1);
	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *
xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}
