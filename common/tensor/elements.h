#ifndef RSENC_TENSOR_ELEMENTS_H
#define RSENC_TENSOR_ELEMENTS_H

#include "tensor/dtype.h"

#include <stddef.h>
#include <stdint.h>

/* Elements first .. first + count - 1 of a tensor as doubles: exact but for 64-bit integers beyond
 * 2^53; BOOL as 0 and 1, C64 as its magnitude (NaN if a part is NaN). The data is little-endian
 * and need not be aligned. Not for dtypes of kind '-', which are not used for images. */
void elements_read(enum dtype dtype, const void *data, size_t first, size_t count, double *to);

enum { ELEMENTS_SMALL = 1 << 16 };

/* Integers of at most 16 bits as unsigned numbers in the order of their values: elements_offset
 * larger than these. BOOL as 0 and 1. */
double elements_offset(enum dtype dtype);
void
elements_read_small(enum dtype dtype, const void *data, size_t first, size_t count, uint16_t *to);

/* Counts how often each of them occurs. Of the ELEMENTS_SMALL numbers `times` those from *begin to
 * before *end are set; they hold all that is not 0. */
void elements_count(const uint16_t *v, size_t count, uint32_t *times, size_t *begin, size_t *end);

/* The minimum and maximum of numbers, of which NaN is none: of no number infinity and -infinity. */
void elements_range(const double *v, size_t count, double *min, double *max);

#endif
