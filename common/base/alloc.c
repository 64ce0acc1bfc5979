#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void (*on_failure)(size_t bytes);

void
alloc_set_handler(void (*handler)(size_t bytes))
{
	on_failure = handler;
}

_Noreturn void
alloc_failed(size_t bytes)
{
	if (on_failure)
		on_failure(bytes);
	abort();
}

/* malloc(0) may return NULL, which is not a failure. */
void *
xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		alloc_failed(size);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		alloc_failed(size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
	return p;
}

void *
xreallocarray(void *old, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		alloc_failed(SIZE_MAX);
	size_t bytes = count * size;
	void *p = realloc(old, bytes ? bytes : 1);
	if (!p)
		alloc_failed(bytes);
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
