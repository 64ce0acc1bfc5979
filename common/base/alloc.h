#ifndef RSENC_BASE_ALLOC_H
#define RSENC_BASE_ALLOC_H

#include <stddef.h>

/*
 * Memory that is always there: these never return NULL. If the system has no memory left, one line
 * on stderr reports it, and the process ends with status 1. Memory that input asks for (the size of
 * an image, of a member, of a header) is bounded by -M and comes from malloc(3) or buf_try_reserve
 * instead, so that one patch fails and not the run.
 *
 * The caller frees every result with free(3).
 */

/* The name of the command in messages: "rsenc" until the command sets it. */
extern const char *program_name;

/* For callers that allocate by other means. */
_Noreturn void alloc_failed(void);

/* As malloc, calloc, reallocarray, strdup and strndup. A product that overflows fails as memory
 * does. A size of 0 gives a unique pointer. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

#endif
