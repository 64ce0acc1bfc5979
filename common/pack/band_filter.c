#include "pack/band_filter.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* One sorted array, not a hash table: it is made once and has a few hundred names, or 65535 at
 * worst, which is 16 comparisons a band. And two wishes for one name, legal or not, come to lie
 * side by side. */
static int
compare_rules(const void *a, const void *b)
{
	const struct band_rule *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* Adds what `more` says of a name to `c`, which has the same. */
static int
band_rule_merge(struct band_rule *c, const struct band_rule *more, struct error *why)
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

/* Sorts, and makes one of the rules of one name. */
static int
band_filter_merge(struct band_filter *s, struct error *why)
{
	size_t kept = 0;
	qsort(s->rules, s->count, sizeof *s->rules, compare_rules);
	for (size_t i = 0; i < s->count; i++) {
		struct band_rule *last = kept > 0 ? &s->rules[kept - 1] : NULL;
		if (!last || strcmp(last->name, s->rules[i].name) != 0)
			s->rules[kept++] = s->rules[i];
		else if (band_rule_merge(last, &s->rules[i], why) != 0)
			return -1;
	}
	s->count = kept;
	/* A stack has all of its bands: without one that -t does not select it cannot be made, and
	 * to drop it silently, or to keep a band that -t does not name, would both be wrong. */
	for (size_t i = 0; s->keep && i < s->count; i++) {
		if (s->rules[i].stack && !s->rules[i].kept)
			return error_set(
			    why, "'%s' is not among the tensors of -t", s->rules[i].name);
	}
	return 0;
}

int
band_filter_make(struct band_filter *s, const struct names *keep, const struct stack *stacks,
    size_t stack_count, struct error *why)
{
	size_t most = keep ? keep->count : 0;
	for (size_t i = 0; i < stack_count; i++)
		most += stacks[i].bands.count + 1;
	*s = (struct band_filter){.keep = keep, .stacks = stacks, .stack_count = stack_count};
	if (most == 0) /* neither -t nor -S: nothing is ever looked up */
		return 0;
	s->rules = xcalloc(most, sizeof *s->rules);
	for (size_t i = 0; keep && i < keep->count; i++)
		s->rules[s->count++] = (struct band_rule){.name = keep->name[i], .kept = true};
	for (size_t i = 0; i < stack_count; i++) {
		const struct stack *k = &stacks[i];
		/* The name of the stack is one of them: a tensor of the group that is called so
		 * must be found, too. */
		s->rules[s->count++] = (struct band_rule){.name = k->name.name[0], .named = k};
		for (size_t b = 0; b < k->bands.count; b++)
			s->rules[s->count++] = (struct band_rule){
			    .name = k->bands.name[b], .stack = k, .place = b};
	}
	if (band_filter_merge(s, why) == 0)
		return 0;
	band_filter_free(s);
	return -1;
}

const struct band_rule *
band_filter_find(const struct band_filter *s, const char *name)
{
	struct band_rule key = {.name = name};
	return s->count == 0 ? NULL
	                     : bsearch(&key, s->rules, s->count, sizeof *s->rules, compare_rules);
}

void
band_filter_free(struct band_filter *s)
{
	free(s->rules);
	*s = (struct band_filter){0};
}
