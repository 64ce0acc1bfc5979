#ifndef RSENC_TENSOR_ELEMENTS_H
#define RSENC_TENSOR_ELEMENTS_H

#include "tensor/dtype.h"

#include <stddef.h>

/* Elements first .. first + count - 1 of a tensor as doubles: exact but for 64-bit integers beyond
 * 2^53; BOOL as 0 and 1, C64 as its magnitude (NaN if a part is NaN). The data is little-endian
 * and need not be aligned. Not for dtypes of kind '-', which are not used for images. */
void elements_read(enum dtype dtype, const void *data, size_t first, size_t count, double *to);

#endif
