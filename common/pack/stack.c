#include "pack/stack.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

static char *
join(const struct names *n)
{
	struct buf list = {0};
	int bad = 0;
	for (size_t i = 0; i < n->count; i++) {
		bad |= i > 0 ? buf_add(&list, ",", 1) : 0;
		bad |= buf_add(&list, n->name[i], strlen(n->name[i]));
	}
	if (bad || buf_add(&list, "", 1) != 0) {
		buf_free(&list);
		return NULL;
	}
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
	s->list = join(&s->bands);
	if (s->name.count == 1 && s->list)
		return 0;
	error_set(why, s->list ? "one name must stand before '='" : "out of memory");
	stack_free(s);
	return -1;
}

int
stack_check(const struct stack *stacks, size_t count, const struct names *keep, struct error *why)
{
	for (size_t i = 0; i < count; i++) {
		const struct stack *s = &stacks[i];
		const char *name = s->name.name[0];
		for (size_t k = 0; k < i; k++) {
			if (strcmp(stacks[k].name.name[0], name) == 0)
				return error_set(why, "two stacks are called '%s'", name);
		}
		for (size_t b = 0; b < s->bands.count; b++) {
			const char *band = s->bands.name[b];
			size_t place;
			if (stack_find(stacks, i, band, &place))
				return error_set(why, "'%s' is in two stacks", band);
			if (keep && names_find(keep, band) < 0)
				return error_set(why, "'%s' is not among the tensors of -t", band);
		}
	}
	return 0;
}

const struct stack *
stack_find(const struct stack *stacks, size_t count, const char *band, size_t *place)
{
	for (size_t i = 0; i < count; i++) {
		long at = names_find(&stacks[i].bands, band);
		if (at >= 0) {
			*place = (size_t)at;
			return &stacks[i];
		}
	}
	return NULL;
}

void
stack_free(struct stack *s)
{
	names_free(&s->name);
	names_free(&s->bands);
	free(s->list);
	*s = (struct stack){0};
}
