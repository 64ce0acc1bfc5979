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
	const char *name;   /* as it was looked for */
	const char *tensor; /* that holds it */
	enum dtype dtype;
	const char *data; /* height x width elements, part of the blob */
	size_t width, height;
};

struct composite {
	struct band band[3];
	unsigned channels; /* 1: grey, 3: colour */
	bool radar;        /* bands are VV, VH, VV: the third channel is VV over VH */
	bool index;        /* the first two bands: their difference over their sum */
};

/* Finds the bands of these names, 1, 2 (an index) or 3; with count 0 those that the blob is usually looked at
 * by (the table in rsenc-view(1)). A name that is no tensor is looked for in the stacks of
 * rsenc-pack -S, by __metadata__. `data` is that of the tensors and must outlive *c. Returns 0, or
 * -1 with the reason. */
int composite_find(const struct safetensors *blob, const char *data, char *const *names,
    size_t count, struct composite *c, struct error *why);

/* What a picture may be asked for by a word, in place of names. */
enum composite_kind {
	COMPOSITE_FALSE_COLOUR, /* near infrared, red and green */
	COMPOSITE_NDVI,         /* indices, of near infrared and red and so on, see rsenc-view(1) */
	COMPOSITE_NDWI,
	COMPOSITE_NDMI,
	COMPOSITE_NBR,
	COMPOSITE_NDSI,
	COMPOSITE_KINDS
};

/* The index of that name ("ndvi"), or COMPOSITE_KINDS. */
enum composite_kind composite_index(const char *name);

/* Finds the bands of a kind, by the names that datasets have for them. As composite_find. */
int composite_find_kind(const struct safetensors *blob, const char *data, enum composite_kind kind,
    struct composite *c, struct error *why);

#endif
