#include "base/budget.h"

#include <stdlib.h>

void
budget_start(struct budget *b, size_t bytes)
{
	atomic_init(&b->left, bytes);
}

bool
budget_take(struct budget *b, size_t bytes)
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
budget_allocate(struct budget *b, size_t count, size_t size)
{
	if (count > (size_t)-1 / size || !budget_take(b, count * size))
		return NULL;
	return calloc(count, size);
}
