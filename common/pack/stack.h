#ifndef RSENC_PACK_STACK_H
#define RSENC_PACK_STACK_H

#include "base/error.h"
#include "tensor/names.h"

#include <stddef.h>

/* Bands that become one tensor of shape [n, height, width]. All strings belong to it. */
struct stack {
	struct names name;  /* of the tensor: just one */
	struct names bands; /* in order along the first axis */
	char *list;         /* their names as a comma list, ranges expanded, for __metadata__ */
};

/* Parses NAME=LIST. On success the caller frees with stack_free; on failure (-1, with the reason)
 * there is nothing to free. */
int stack_parse(const char *text, struct stack *s, struct error *why);

/* Checks that no two of the stacks have the same name or share a band, and, unless `keep` is
 * NULL, that all their bands are in it. Returns 0, or -1 with the reason. */
int
stack_check(const struct stack *stacks, size_t count, const struct names *keep, struct error *why);

/* The stack that takes a band and the band's place in it, or NULL. */
const struct stack *
stack_find(const struct stack *stacks, size_t count, const char *band, size_t *place);

void stack_free(struct stack *s);

#endif
