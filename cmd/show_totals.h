#ifndef RSENC_CMD_SHOW_TOTALS_H
#define RSENC_CMD_SHOW_TOTALS_H

#include "stream/output.h"
#include "tensor/dataset_stats.h"

#include <stdbool.h>

/* rsenc-show --totals: prints the rows to `out`, as lines, with a first line of names if `header`;
 * or as JSON. Reports names with several dtypes. */
void show_totals(const struct dataset_stats *d, bool json, bool header, struct output *out);

#endif
