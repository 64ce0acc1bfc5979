#ifndef RSENC_PACK_PLAN_H
#define RSENC_PACK_PLAN_H

#include "base/error.h"
#include "pack/band_filter.h"
#include "stream/group.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The plan of a group: what becomes of each of its bands. Made once a group; all that follows reads
 * it and compares no name again, which took time by the square of the bands.
 */

struct band {
	const char *name; /* belongs to the group */
	bool kept;
	const struct stack *stack; /* that takes it, or NULL: a tensor of its own */
	size_t place;              /* in the stack */
};

struct plan {
	struct band *bands; /* of the group at hand: file after file, as the line names them */
	size_t *found;      /* of each stack: bands of it that the group has, all or none */
	const struct band_filter *filter;
	bool *seen;  /* private: of each rule, the group has a band of this name */
	size_t room; /* private: for bands */
};

/* The filter must outlive the plan; plan_free ends it. */
void plan_start(struct plan *p, const struct band_filter *filter);

/* Plans a group, which must outlive it: the group must have all bands to keep, and a stack must
 * find all of its bands or none. Returns 0, or -1 with the reason. */
int plan_make(struct plan *p, const struct group *g, struct error *why);

/* Whether one of these bands is kept: else their file need not be read. */
bool plan_wants(const struct band *bands, size_t count);

void plan_free(struct plan *p);

#endif
