#ifndef RSENC_CMD_TOTALS_H
#define RSENC_CMD_TOTALS_H

#include "tensor/nodata.h"

#include <stdbool.h>
#include <stdint.h>

/* rsenc-show --totals: what the tensors of all blobs are like together, a row a tensor name. */

struct totals_options {
	bool wanted, json, header, quiet, verbose;
	bool bands;           /* stacks count as their bands */
	struct nodata nodata; /* left out, and counted */
	uint64_t max_memory;  /* bytes: of the largest blob, and of all totals */
	unsigned jobs;        /* threads */
};

/* Reads the blobs of `paths` as input_start does, prints the rows at the end, and returns the exit
 * status. Nothing is printed where a signal asks to stop, or memory ends. */
int totals_print(const struct totals_options *o, char **paths);

/* Its second half: the rows, as lines or as JSON, on standard output. */
struct totals;
void totals_write(const struct totals *totals, const struct totals_options *o);

#endif
