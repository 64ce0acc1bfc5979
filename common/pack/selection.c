#include "pack/selection.h"

#include <stdlib.h>
#include <string.h>

/* One sorted array, not a hash table: it is made once and has a few hundred names, or 65535 at
 * worst, which is 16 comparisons a band. And two wishes for one name, legal or not, come to lie
 * side by side. */
static int
compare_choices(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* Adds what `more` says of a name to `c`, which has the same. */
static int
choice_merge(struct choice *c, const struct choice *more, struct error *why)
{
	if (c->stack && more->stack)
		return error_set(why, "'%s' is in two stacks", c->name);
	if (c->named && more->named)
		return error_set(why, "two stacks are called '%s'", c->name);
	c->kept |= more->kept;
	c->named = more->named ? more->named : c->named;
	if (more->stack) {
		c->stack = more->stack;
		c->place = more->place;
	}
	return 0;
}

/* Sorts, and makes one of the choices of one name. */
static int
selection_merge(struct selection *s, struct error *why)
{
	size_t kept = 0;
	qsort(s->choices, s->count, sizeof *s->choices, compare_choices);
	for (size_t i = 0; i < s->count; i++) {
		struct choice *last = kept > 0 ? &s->choices[kept - 1] : NULL;
		if (!last || strcmp(last->name, s->choices[i].name) != 0)
			s->choices[kept++] = s->choices[i];
		else if (choice_merge(last, &s->choices[i], why) != 0)
			return -1;
	}
	s->count = kept;
	/* A stack takes its bands whole: one of which -t leaves a part out can't be made, and to
	 * leave it out silently, or to keep what -t does not name, would both be wrong. */
	for (size_t i = 0; s->keep && i < s->count; i++) {
		if (s->choices[i].stack && !s->choices[i].kept)
			return error_set(
			    why, "'%s' is not among the tensors of -t", s->choices[i].name);
	}
	return 0;
}

int
selection_make(struct selection *s, const struct names *keep, const struct stack *stacks,
    size_t stack_count, struct error *why)
{
	size_t most = keep ? keep->count : 0;
	for (size_t i = 0; i < stack_count; i++)
		most += stacks[i].bands.count + 1;
	*s = (struct selection){.keep = keep, .stacks = stacks, .stack_count = stack_count};
	if (most == 0) /* neither -t nor -S: nothing is ever looked up */
		return 0;
	s->choices = calloc(most, sizeof *s->choices);
	if (!s->choices)
		return error_set(why, "out of memory");
	for (size_t i = 0; keep && i < keep->count; i++)
		s->choices[s->count++] = (struct choice){.name = keep->name[i], .kept = true};
	for (size_t i = 0; i < stack_count; i++) {
		const struct stack *k = &stacks[i];
		/* The name of the stack is one of them: a tensor of the group that is called so
		 * must be found, too. */
		s->choices[s->count++] = (struct choice){.name = k->name.name[0], .named = k};
		for (size_t b = 0; b < k->bands.count; b++)
			s->choices[s->count++] = (struct choice){
			    .name = k->bands.name[b], .stack = k, .place = b};
	}
	if (selection_merge(s, why) == 0)
		return 0;
	selection_free(s);
	return -1;
}

const struct choice *
selection_find(const struct selection *s, const char *name)
{
	struct choice key = {.name = name};
	return s->count == 0
	           ? NULL
	           : bsearch(&key, s->choices, s->count, sizeof *s->choices, compare_choices);
}

void
selection_free(struct selection *s)
{
	free(s->choices);
	*s = (struct selection){0};
}
