#ifndef RSENC_TENSOR_DATASET_STATS_H
#define RSENC_TENSOR_DATASET_STATS_H

#include "base/error.h"
#include "tensor/nodata.h"
#include "tensor/safetensors.h"
#include "tensor/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statistics of all blobs of a dataset together: a row for each tensor name and dtype, in the order
 * in which the blobs bring them. */

struct dataset_row {
	char *name;
	uint64_t patches; /* tensors */
	struct stats stats;
	bool again;  /* an earlier row has the same name, and another dtype */
	size_t next; /* the next row of that name; 0: none */
};

struct dataset_stats {
	struct dataset_row **rows;
	size_t count;
	/* Private. */
	size_t *slots; /* a hash table: number of the row + 1; 0 is free */
	size_t slot_count;
	size_t max_memory;
	struct nodata nodata;
	struct mem_limit limit;
};

/* Starts without rows. They may take max_memory bytes: 16 KiB for each 2048 neighbouring integers
 * that occur, or 32 KiB and 16 KiB for each power of two. */
void dataset_stats_start(struct dataset_stats *d, size_t max_memory, const struct nodata *nodata);

/* Adds a tensor; `data` is that of its blob. Returns 0, or -1 with the reason if the rows need more
 * memory. */
int dataset_stats_add(
    struct dataset_stats *d, const struct tensor *t, const char *data, struct error *why);

void dataset_stats_free(struct dataset_stats *d);

#endif
