#ifndef RSENC_TENSOR_DTYPE_H
#define RSENC_TENSOR_DTYPE_H

#include <stddef.h>

/* Element types of the safetensors format. */

/* In the order of the reference's Dtype: tensors are sorted by it, descending. */
enum dtype {
	DTYPE_BOOL,
	DTYPE_U8,
	DTYPE_I8,
	DTYPE_F8_E5M2,
	DTYPE_F8_E4M3,
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

/* Bytes of one element. */
size_t dtype_size(enum dtype d);

/* The dtype of a name of `len` bytes, or DTYPE_COUNT if there is none. */
enum dtype dtype_find(const char *name, size_t len);

#endif
