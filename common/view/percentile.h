#ifndef RSENC_VIEW_PERCENTILE_H
#define RSENC_VIEW_PERCENTILE_H

#include <stddef.h>

/* The value below which `percent` (0..100) of count > 0 finite values lie, between two of them by
 * linear interpolation: numpy's percentile(). Reorders the values. Time is linear in count but for
 * rare inputs, never worse than sorting. */
double percentile(double *values, size_t count, double percent);

#endif
