#ifndef RSENC_TENSOR_ELEMENTS_H
#define RSENC_TENSOR_ELEMENTS_H

#include "tensor/dtype.h"

#include <stddef.h>

/*
 * Elements first .. first + count - 1 of a tensor as doubles: exact but for 64-bit integers beyond
 * 2^53; BOOL as 0 and 1, C64 as its magnitude (NaN if a part is NaN). The data is little-endian and
 * need not be aligned. The small floats follow IEEE 754 (F16), bfloat16,
 * https://arxiv.org/abs/2209.05433 (F8), https://arxiv.org/abs/2206.02915 (FNUZ) and the OCP
 * Microscaling formats (F8_E8M0). Elements smaller than a byte are not read: how they share one is
 * nowhere specified.
 */
void elements_read(enum dtype dtype, const void *data, size_t first, size_t count, double *to);

#endif
