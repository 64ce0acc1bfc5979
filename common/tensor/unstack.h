#ifndef RSENC_TENSOR_UNSTACK_H
#define RSENC_TENSOR_UNSTACK_H

#include "base/buf.h"
#include "tensor/safetensors.h"

#include <stddef.h>

/*
 * The bands of stacks. A stack is a tensor of shape [n, height, width] whose name is a key of
 * __metadata__, with a comma list of n names for its value: so rsenc-pack -S writes them.
 */

struct unstack {
	const struct tensor *tensors;
	size_t count;
	struct buf memory, names; /* private */
};

/* Finds the tensors of a blob, each stack replaced by its bands, of shape [height, width]. They
 * live as long as the blob, and until the next call with this *u, which may first be all zero. */
void unstack(struct unstack *u, const struct safetensors *blob);

void unstack_free(struct unstack *u);

#endif
