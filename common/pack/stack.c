#include "pack/stack.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* Their names as a comma list. */
static char *
stack_list(const struct names *n)
{
	struct buf list = {0};
	for (size_t i = 0; i < n->count; i++) {
		if (i > 0)
			buf_add(&list, ",", 1);
		buf_add(&list, n->name[i], strlen(n->name[i]));
	}
	buf_add(&list, "", 1);
	return list.data;
}

int
stack_parse(const char *text, struct stack *s, struct error *why)
{
	const char *equals = strchr(text, '=');
	*s = (struct stack){0};
	if (!equals)
		return error_set(why, "no '=': a stack is NAME=LIST");
	if (names_parse(text, (size_t)(equals - text), &s->name, why) != 0)
		return -1;
	if (names_parse(equals + 1, strlen(equals + 1), &s->bands, why) != 0) {
		stack_free(s);
		return -1;
	}
	/* The metadata gets what the ranges stand for: a reader that splits it at the commas has
	 * the index of each band, without knowing our syntax. */
	s->list = stack_list(&s->bands);
	if (s->name.count == 1)
		return 0;
	error_set(why, "one name must stand before '='");
	stack_free(s);
	return -1;
}

void
stack_free(struct stack *s)
{
	names_free(&s->name);
	names_free(&s->bands);
	free(s->list);
	*s = (struct stack){0};
}
