#ifndef RSENC_PACK_PLAN_H
#define RSENC_PACK_PLAN_H

#include "base/error.h"
#include "stream/group.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which tensors the bands of a group become: options -t and -S, and the plan of one group. */

/* Bands that become one tensor of shape [n, height, width]: -S. */
struct stack {
	struct names name;  /* of the tensor: just one */
	struct names bands; /* in order along the first axis */
	char *list;         /* their names as a comma list, ranges expanded, for __metadata__ */
};

struct band_filter {
	struct names keep; /* -t; none: all bands are kept */
	struct stack *stacks;
	size_t stack_count;
};

struct patch_options {
	struct band_filter filter;
	uint64_t align;      /* of the data in an LMDB page, see safetensors_layout; 0: none */
	uint64_t max_memory; /* bytes for one group: its files, its blob, a decoded block */
	bool keep_damaged;   /* damaged pixels are stored, with a note, as GDAL would return them */
	bool georeference;   /* coordinate systems and transforms go into the metadata */
	bool headers_only;   /* the blob has its size, and its values are not read */
};

/* Adds the stack NAME=LIST. Returns 0, or -1 with the reason. */
int band_filter_add_stack(struct band_filter *f, const char *text, struct error *why);

/* Checks that no two stacks have the same name or share a band, and that all their bands are kept.
 * Returns 0, or -1 with the reason. */
int band_filter_check(const struct band_filter *f, struct error *why);

struct band {
	const char *name; /* belongs to the group */
	bool kept;
	const struct stack *stack; /* that takes it, or NULL: a tensor of its own */
	size_t place;              /* in the stack */
};

/* All zero but the filter at first; used for group after group. */
struct plan {
	const struct band_filter *filter;
	struct band *bands; /* of the group at hand: file after file, as the line names them */
	size_t count, room; /* private: for bands */
};

/* Plans a group, which must outlive it: the group must have all bands to keep, and a stack must
 * find all of its bands or none. Returns 0, or -1 with the reason. */
int plan_make(struct plan *p, const struct group *g, struct error *why);

#endif
