#ifndef RSENC_TENSOR_ELEMENTS_H
#define RSENC_TENSOR_ELEMENTS_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Elements of a tensor as numbers. Data is little-endian and need not be aligned.
 */

/* Elements first .. first + count - 1 as doubles: exact but for 64-bit integers beyond 2^53;
 * BOOL as 0 and 1, C64 as its magnitude (NaN if a part is NaN). The small floats follow
 * IEEE 754 (F16), bfloat16, https://arxiv.org/abs/2209.05433 (F8), https://arxiv.org/abs/2206.02915
 * (FNUZ) and the OCP Microscaling formats (F8_E8M0). Not for what is smaller than a byte: how such
 * elements share one is nowhere written down. */
void elements_read(enum dtype dtype, const void *data, size_t first, size_t count, double *to);

/* The bits of element i of a 64-bit dtype. */
uint64_t elements_bits64(const void *data, size_t i);

/* Unsigned integers, with BOOL; signed integers. */
bool dtype_is_unsigned(enum dtype dtype);
bool dtype_is_signed(enum dtype dtype);

#endif
