#include "pack/plan.h"

#include <stdlib.h>
#include <string.h>

int
plan_start(struct plan *p, const struct selection *selection)
{
	*p = (struct plan){.selection = selection};
	p->found = calloc(selection->stack_count + 1, sizeof *p->found);
	p->seen = calloc(selection->count + 1, sizeof *p->seen);
	return p->found && p->seen ? 0 : -1;
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
	return &p->found[stack - p->selection->stacks];
}

static void
plan_band(struct plan *p, struct band *b, const char *name)
{
	/* The one place where a band's name is looked up. */
	const struct choice *c = selection_find(p->selection, name);
	*b = (struct band){.name = name, .kept = !p->selection->keep || (c && c->kept)};
	if (!c)
		return;
	p->seen[c - p->selection->choices] = true;
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
	return p->seen[selection_find(p->selection, name) - p->selection->choices];
}

/* A stack is there whole or not at all, and not called as another tensor is. */
static int
plan_check_stack(const struct plan *p, const struct stack *stack, struct error *why)
{
	const char *name = stack->name.name[0];
	size_t found = *plan_found(p, stack);
	/* Datasets are mixed in one stream: -S for Sentinel-2 leaves patches of Sentinel-1
	 * alone. But some of the bands are a patch that lacks one, and a stack of another shape
	 * would be stored. */
	if (found == 0)
		return 0;
	for (size_t i = 0; found < stack->bands.count; i++) {
		if (!plan_has(p, stack->bands.name[i]))
			return error_set(why, "it has no tensor '%s' for the stack '%s'",
			    stack->bands.name[i], name);
	}
	/* A safetensors header is a JSON object: of two tensors of one name a reader can keep
	 * only one. */
	const struct choice *same = selection_find(p->selection, name);
	if (plan_has(p, name) && !same->stack && (same->kept || !p->selection->keep))
		return error_set(why, "the stack '%s' is called as another tensor is", name);
	return 0;
}

static int
plan_reserve(struct plan *p, size_t bands, struct error *why)
{
	if (bands <= p->room)
		return 0;
	/* Nothing in it outlives a group: what would be copied is worth nothing. */
	free(p->bands);
	p->bands = calloc(bands, sizeof *p->bands);
	p->room = p->bands ? bands : 0;
	return p->bands ? 0 : error_set(why, "out of memory");
}

int
plan_make(struct plan *p, const struct group *g, struct error *why)
{
	const struct selection *s = p->selection;
	size_t kept = 0;
	if (plan_reserve(p, g->name_count, why) != 0)
		return -1;
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
