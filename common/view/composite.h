#ifndef RSENC_VIEW_COMPOSITE_H
#define RSENC_VIEW_COMPOSITE_H

#include "base/error.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Which bands of a blob make a picture. A band is a tensor of shape [height, width] or one plane
 * of a tensor of shape [n, height, width].
 */

struct band {
	enum dtype dtype;
	const char *data; /* height x width elements, part of the blob */
	size_t width, height;
};

struct composite {
	struct band band[3];
	unsigned channels; /* 1: grey, 3: colour */
	bool radar;        /* bands are VV, VH, VV: the third channel is VV over VH */
};

/* Finds the bands of these names, 1 or 3; with count 0 those that the blob is usually looked at
 * by (the table in rsenc-view(1)). A name that is no tensor is looked for in the stacks of
 * rsenc-pack -S, by __metadata__. `data` is that of the tensors and must outlive *c. Returns 0, or
 * -1 with the reason. */
int composite_find(const struct safetensors *blob, const char *data, char *const *names,
    size_t count, struct composite *c, struct error *why);

#endif
