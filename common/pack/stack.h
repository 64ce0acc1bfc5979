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

void stack_free(struct stack *s);

#endif
