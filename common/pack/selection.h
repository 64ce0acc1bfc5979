#ifndef RSENC_PACK_SELECTION_H
#define RSENC_PACK_SELECTION_H

#include "base/error.h"
#include "pack/stack.h"
#include "tensor/names.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What -t and -S say of each name: made once a run, looked into once a band.
 */

struct choice {
	const char *name;
	bool kept;                 /* listed by -t */
	const struct stack *stack; /* that takes a band of this name, or NULL */
	size_t place;              /* of the band in the stack */
	const struct stack *named; /* the stack that is called so itself, or NULL */
};

struct selection {
	const struct names *keep; /* NULL: all bands are kept */
	const struct stack *stacks;
	size_t stack_count;
	struct choice *choices; /* one a name that -t or -S mentions, sorted by name */
	size_t count;
};

/* Checks that no two stacks have the same name or share a band, and, unless `keep` is NULL, that
 * all their bands are in it. `keep` and `stacks` must outlive the selection. Returns 0, or -1 with
 * the reason; then there is nothing to free. */
int selection_make(struct selection *s, const struct names *keep, const struct stack *stacks,
    size_t stack_count, struct error *why);

/* What is said of a name, or NULL: nothing. */
const struct choice *selection_find(const struct selection *s, const char *name);

void selection_free(struct selection *s);

#endif
