#ifndef RSENC_BASE_MEM_LIMIT_H
#define RSENC_BASE_MEM_LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Memory that something may take in all, by several threads: whoever allocates asks first, so that
 * a limit holds before the system's does. Nothing is given back but all at once, by its end. */
struct mem_limit {
	atomic_size_t left; /* bytes */
};

void mem_limit_start(struct mem_limit *b, size_t bytes);

/* Whether there were so many bytes left, which are then taken. */
bool mem_limit_take(struct mem_limit *b, size_t bytes);

/* calloc(3) of memory that was taken: NULL if there is no memory, or too little left. */
void *mem_limit_allocate(struct mem_limit *b, size_t count, size_t size);

#endif
