#ifndef RSENC_TENSOR_DIFFERENCE_H
#define RSENC_TENSOR_DIFFERENCE_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/safetensors.h"

#include <stddef.h>

/*
 * Where two safetensors blobs differ that should be the same: a new one and a stored one.
 */

enum { DIFFERENCE_TEXT = 1024 }; /* longer texts lose their end */

struct difference {
	char tensor[DIFFERENCE_TEXT]; /* its name; "-": no tensor differs */
	char index[DIFFERENCE_TEXT];  /* of the first element that differs, "3,7" for row 3 and
	                                 column 7, from 0; "-" if it is not an element */
	char value[DIFFERENCE_TEXT];  /* that element, or dtype and shape, or what else differs */
	char stored[DIFFERENCE_TEXT]; /* the same of the stored blob */
};

/* The first difference of two blobs that are not the same bytes, in the order of the names of
 * tensors: first of dtypes and shapes, then of elements. Returns 0, or -1 with the reason: one of
 * them is not a valid blob. */
int difference_find(const struct buf *value, const void *stored, size_t stored_len,
    struct difference *d, struct error *why);

#endif
