#ifndef RSENC_BASE_BUDGET_H
#define RSENC_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Memory that something may take in all, by several threads: whoever allocates asks first, so that
 * a limit holds before the system's does. Nothing is given back but all at once, by its end. */
struct budget {
	atomic_size_t left; /* bytes */
};

void budget_start(struct budget *b, size_t bytes);

/* Whether there were so many bytes left, which are then taken. */
bool budget_take(struct budget *b, size_t bytes);

/* calloc(3) of memory that was taken: NULL if there is no memory, or too little left. */
void *budget_allocate(struct budget *b, size_t count, size_t size);

#endif
