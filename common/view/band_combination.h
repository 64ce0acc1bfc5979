#ifndef RSENC_VIEW_BAND_COMBINATION_H
#define RSENC_VIEW_BAND_COMBINATION_H

#include "base/error.h"
#include "tensor/names.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Which bands of a blob make a picture. A band is a tensor of shape [height, width], the first
 * plane of a tensor of shape [n, height, width], or a band of a stack (safetensors.h).
 */

struct band {
	const char *name;
	enum dtype dtype;
	const char *data; /* height x width elements, part of the blob */
	size_t width, height;
};

struct band_combination {
	struct band band[3];
	unsigned channels; /* 1: grey, 3: colour */
	bool radar;        /* the bands are VV, VH, VV: the third channel is VV / VH */
	bool classes;      /* the one band is a map of classes */
};

/* Finds the bands of 1 or 3 names. `data` is that of the blob; it and *u, whose memory is
 * used again, must outlive *c. Returns 0, or -1 with the reason. */
int band_combination_named(const struct safetensors *blob, const char *data,
    const struct names *names, struct unstack *u, struct band_combination *c, struct error *why);

/* Finds bands by the names that datasets give them, see rsenc-view(1): those of natural colour, of
 * radar, or else the first tensor that is a picture. As above. */
int band_combination_usual(const struct safetensors *blob, const char *data, struct unstack *u,
    struct band_combination *c, struct error *why);

#endif
