#include "pack/plan.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

void
plan_start(struct plan *p, const struct band_filter *filter)
{
	*p = (struct plan){.filter = filter};
	p->found = xcalloc(filter->stack_count, sizeof *p->found);
	p->seen = xcalloc(filter->count, sizeof *p->seen);
}

void
plan_free(struct plan *p)
{
	free(p->found);
	free(p->seen);
	free(p->bands);
}

static size_t *
plan_found(const struct plan *p, const struct stack *stack)
{
	return &p->found[stack - p->filter->stacks];
}

static void
plan_band(struct plan *p, struct band *b, const char *name)
{
	/* The one place where a band's name is looked up. */
	const struct band_rule *c = band_filter_find(p->filter, name);
	*b = (struct band){.name = name, .kept = !p->filter->keep || (c && c->kept)};
	if (!c)
		return;
	p->seen[c - p->filter->rules] = true;
	if (c->stack) {
		b->stack = c->stack;
		b->place = c->place;
		++*plan_found(p, c->stack);
	}
}

/* Whether the group has a band of a name that -t or -S mentions. */
static bool
plan_has(const struct plan *p, const char *name)
{
	return p->seen[band_filter_find(p->filter, name) - p->filter->rules];
}

/* A stack has all of its bands or none, and no other tensor has its name. */
static int
plan_check_stack(const struct plan *p, const struct stack *stack, struct error *why)
{
	const char *name = stack->name.name[0];
	size_t found = *plan_found(p, stack);
	/* Datasets are mixed in one stream: -S for Sentinel-2 does not change patches of
	 * Sentinel-1. But with some of the bands a stack of another shape would be stored. */
	if (found == 0)
		return 0;
	for (size_t i = 0; found < stack->bands.count; i++) {
		if (!plan_has(p, stack->bands.name[i]))
			return error_set(why, "has no tensor '%s' for the stack '%s'",
			    stack->bands.name[i], name);
	}
	/* A safetensors header is a JSON object: of two tensors of one name a reader can keep
	 * only one. */
	const struct band_rule *same = band_filter_find(p->filter, name);
	if (plan_has(p, name) && !same->stack && (same->kept || !p->filter->keep))
		return error_set(why, "the stack '%s' has the name of another tensor", name);
	return 0;
}

static void
plan_reserve(struct plan *p, size_t bands)
{
	if (bands <= p->room)
		return;
	/* Nothing in it outlives a group, so nothing is copied. */
	free(p->bands);
	p->bands = xcalloc(bands, sizeof *p->bands);
	p->room = bands;
}

int
plan_make(struct plan *p, const struct group *g, struct error *why)
{
	const struct band_filter *s = p->filter;
	size_t kept = 0;
	plan_reserve(p, g->name_count);
	memset(p->seen, 0, s->count * sizeof *p->seen);
	memset(p->found, 0, s->stack_count * sizeof *p->found);
	struct band *b = p->bands;
	for (size_t f = 0; f < g->file_count; f++) {
		const struct names *names = &g->files[f].names;
		for (size_t i = 0; i < names->count; i++, b++) {
			plan_band(p, b, names->name[i]);
			kept += b->kept;
		}
	}
	/* Names come once in a group and once in -t: it has all of them if it has as many. */
	for (size_t i = 0; s->keep && kept < s->keep->count; i++) {
		if (!plan_has(p, s->keep->name[i])) {
			error_set(why, "has no tensor '%s', which -t selects", s->keep->name[i]);
			return error_kind(why, "lacks a band of -t");
		}
	}
	for (size_t i = 0; i < s->stack_count; i++) {
		if (plan_check_stack(p, &s->stacks[i], why) != 0)
			return -1;
	}
	return 0;
}

bool
plan_wants(const struct band *bands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bands[i].kept)
			return true;
	}
	return false;
}
