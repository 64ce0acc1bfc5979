#include "base/mem_limit.h"

#include <stdlib.h>

void
mem_limit_start(struct mem_limit *b, size_t bytes)
{
	atomic_init(&b->left, bytes);
}

bool
mem_limit_take(struct mem_limit *b, size_t bytes)
{
	size_t left = atomic_load(&b->left);
	/* Not one subtraction: that would have to be taken back, and meanwhile fail others. */
	do {
		if (bytes > left)
			return false;
	} while (!atomic_compare_exchange_weak(&b->left, &left, left - bytes));
	return true;
}

void *
mem_limit_allocate(struct mem_limit *b, size_t count, size_t size)
{
	if (count > (size_t)-1 / size || !mem_limit_take(b, count * size))
		return NULL;
	return calloc(count, size);
}
