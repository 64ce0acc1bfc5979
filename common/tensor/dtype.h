#ifndef RSENC_TENSOR_DTYPE_H
#define RSENC_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

/* Element types of the safetensors format. */

/* In the order of the reference's Dtype (0.8): tensors are sorted by it, descending. We write no
 * F4, F6 and F8; blobs of others hold them. */
enum dtype {
	DTYPE_BOOL,
	DTYPE_F4,
	DTYPE_F6_E2M3,
	DTYPE_F6_E3M2,
	DTYPE_U8,
	DTYPE_I8,
	DTYPE_F8_E5M2,
	DTYPE_F8_E4M3,
	DTYPE_F8_E8M0,
	DTYPE_F8_E4M3FNUZ,
	DTYPE_F8_E5M2FNUZ,
	DTYPE_I16,
	DTYPE_U16,
	DTYPE_F16,
	DTYPE_BF16,
	DTYPE_I32,
	DTYPE_U32,
	DTYPE_F32,
	DTYPE_C64, /* complex of two F32 */
	DTYPE_F64,
	DTYPE_I64,
	DTYPE_U64,
	DTYPE_COUNT
};

/* "U16" and so on. */
const char *dtype_name(enum dtype d);

/* Bits of one element. */
unsigned dtype_bits(enum dtype d);

/* Bytes of one element; 0 where it is smaller than a byte, and several share one. */
size_t dtype_size(enum dtype d);

/* 'u' for unsigned integers and BOOL, 'i' for signed integers, 'f' for floating-point and complex
 * numbers, '-' for F4, F6 and F8, whose values are not read. */
char dtype_kind(enum dtype d);

/* Whether it is an integer of at most 16 bits. */
bool dtype_is_small_integer(enum dtype d);

/* The dtype of a name of `len` bytes, or DTYPE_COUNT if there is none. */
enum dtype dtype_find(const char *name, size_t len);

#endif
