#ifndef RSENC_PACK_BAND_FILTER_H
#define RSENC_PACK_BAND_FILTER_H

#include "base/error.h"
#include "pack/stack.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What -t and -S say of each name: made once a run, looked into once a band.
 */

struct band_rule {
	const char *name;
	bool kept;                 /* listed by -t */
	const struct stack *stack; /* that takes a band of this name, or NULL */
	size_t place;              /* of the band in the stack */
	const struct stack *named; /* the stack that is called so itself, or NULL */
};

struct band_filter {
	const struct names *keep; /* NULL: all bands are kept */
	const struct stack *stacks;
	size_t stack_count;
	struct band_rule *rules; /* one a name that -t or -S mentions, sorted by name */
	size_t count;
};

/* Checks that no two stacks have the same name or share a band, and, unless `keep` is NULL, that
 * all their bands are in it. `keep` and `stacks` must outlive the filter. Returns 0, or -1 with
 * the reason; then there is nothing to free. */
int band_filter_make(struct band_filter *s, const struct names *keep, const struct stack *stacks,
    size_t stack_count, struct error *why);

/* What is said of a name, or NULL: nothing. */
const struct band_rule *band_filter_find(const struct band_filter *s, const char *name);

void band_filter_free(struct band_filter *s);

#endif
