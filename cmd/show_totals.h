#ifndef RSENC_CMD_SHOW_TOTALS_H
#define RSENC_CMD_SHOW_TOTALS_H

#include "process/output.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stddef.h>

/* rsenc-show --totals: statistics of all blobs together, a row for each tensor name and dtype, in
 * the order in which the blobs bring them. Rows may take `left` bytes of `max_memory`. */
struct totals {
	double nodata; /* NaN: none */
	size_t max_memory, left;
	struct totals_row *rows; /* private, and where the row of the next tensor is looked for: */
	size_t count, next;
};

/* Adds a tensor; `data` is that of its blob. Ends the process if the memory does not suffice. */
void totals_add(struct totals *d, const struct tensor *t, const char *data);

/* Prints the rows to `out`, as lines, with a first line of names if `header`; or as JSON. Reports
 * names with several dtypes. */
void totals_print(const struct totals *d, bool json, bool header, struct output *out);

#endif
