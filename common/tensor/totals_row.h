#ifndef RSENC_TENSOR_TOTALS_ROW_H
#define RSENC_TENSOR_TOTALS_ROW_H

#include "base/mem_limit.h"
#include "tensor/counts.h"
#include "tensor/totals.h"

#include <pthread.h>
#include <stdbool.h>

/* What the files of totals share, and nobody else sees. */

struct totals_row {
	char *name;
	enum dtype dtype;
	const struct nodata *nodata;
	uint64_t hash; /* of the name */
	bool again;
	size_t other; /* as in totals_figures */
	uint64_t patches, count;
	bool begun; /* an element came */
	/* 64-bit integers are summed above their first: as a rule such distances are small and exact
	 * as doubles, where the numbers themselves, times in nanoseconds, are beyond 2^53. */
	uint64_t first_key;
	struct totals_part all; /* of elements that counts has rounded */
	pthread_mutex_t lock;   /* of counts */
	struct counts counts;
};

struct totals {
	struct nodata nodata;
	struct mem_limit budget;
	size_t max_memory;
	struct totals_row **rows;
	size_t count, capacity;
	struct totals_row **slots; /* by hash, with room for twice as many as rows */
};

#endif
