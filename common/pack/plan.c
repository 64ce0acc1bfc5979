#include "pack/plan.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* ---- options ---- */

int
band_filter_add_stack(struct band_filter *f, const char *text, struct error *why)
{
	const char *equals = strchr(text, '=');
	struct buf list = {0};
	if (!equals)
		return error_set(why, "no '=': a stack is NAME=LIST");
	f->stacks = xreallocarray(f->stacks, f->stack_count + 1, sizeof *f->stacks);
	struct stack *s = &f->stacks[f->stack_count++];
	*s = (struct stack){0};
	if (names_parse(text, (size_t)(equals - text), &s->name, why) != 0 ||
	    names_parse(equals + 1, strlen(equals + 1), &s->bands, why) != 0)
		return -1;
	/* The metadata gets what the ranges stand for: a reader that splits it at the commas has
	 * the index of each band, without knowing our syntax. */
	for (size_t i = 0; i < s->bands.count; i++) {
		buf_add(&list, ",", i > 0);
		buf_add(&list, s->bands.name[i], strlen(s->bands.name[i]));
	}
	buf_add(&list, "", 1);
	s->list = list.data;
	return s->name.count == 1 ? 0 : error_set(why, "one name must stand before '='");
}

static int
check_pair(const struct stack *a, const struct stack *b, struct error *why)
{
	if (strcmp(a->name.name[0], b->name.name[0]) == 0)
		return error_set(why, "duplicate name of a stack: '%s'", a->name.name[0]);
	for (size_t i = 0; i < a->bands.count; i++) {
		if (names_find(&b->bands, a->bands.name[i]) >= 0)
			return error_set(why, "'%s' is in two stacks", a->bands.name[i]);
	}
	return 0;
}

int
band_filter_check(const struct band_filter *f, struct error *why)
{
	for (size_t s = 0; s < f->stack_count; s++) {
		const struct names *bands = &f->stacks[s].bands;
		for (size_t other = 0; other < s; other++) {
			if (check_pair(&f->stacks[other], &f->stacks[s], why) != 0)
				return -1;
		}
		/* A stack has all of its bands: without one that -t does not select it cannot be
		 * made, and to drop it silently, or to keep a band that -t does not name, would
		 * both be wrong. */
		for (size_t i = 0; f->keep.count > 0 && i < bands->count; i++) {
			if (names_find(&f->keep, bands->name[i]) < 0)
				return error_set(
				    why, "'%s' is not among the tensors of -t", bands->name[i]);
		}
	}
	return 0;
}

/* ---- the plan ---- */

static void
plan_band(const struct band_filter *f, struct band *b, const char *name)
{
	*b = (struct band){.name = name};
	b->kept = f->keep.count == 0 || names_find(&f->keep, name) >= 0;
	for (size_t s = 0; s < f->stack_count && !b->stack; s++) {
		long place = names_find(&f->stacks[s].bands, name);
		if (place < 0)
			continue;
		b->stack = &f->stacks[s];
		b->place = (size_t)place;
	}
}

static const struct band *
find_band(const struct plan *p, const struct group *g, const char *name)
{
	const struct band *first = p->bands;
	for (size_t i = 0; i < g->file_count; first += g->files[i++].names.count) {
		long place = names_find(&g->files[i].names, name);
		if (place >= 0)
			return first + place;
	}
	return NULL;
}

/* A stack has all of its bands or none, and no other tensor has its name. */
static int
check_stack(const struct plan *p, const struct group *g, const struct stack *s, struct error *why)
{
	const char *name = s->name.name[0];
	size_t found = 0;
	for (size_t i = 0; i < p->count; i++)
		found += p->bands[i].stack == s;
	/* Datasets are mixed in one stream: -S for Sentinel-2 does not change patches of
	 * Sentinel-1. But with some of the bands a stack of another shape would be stored. */
	if (found == 0)
		return 0;
	for (size_t i = 0; i < s->bands.count; i++) {
		if (!find_band(p, g, s->bands.name[i]))
			return error_set(
			    why, "has no tensor '%s' for the stack '%s'", s->bands.name[i], name);
	}
	/* A safetensors header is a JSON object: of two tensors of one name a reader can keep
	 * only one. */
	const struct band *same = find_band(p, g, name);
	if (same && same->kept && !same->stack)
		return error_set(why, "the stack '%s' has the name of another tensor", name);
	return 0;
}

int
plan_make(struct plan *p, const struct group *g, struct error *why)
{
	const struct band_filter *f = p->filter;
	size_t kept = 0;
	if (g->name_count > p->room) {
		free(p->bands);
		p->bands = xcalloc(g->name_count, sizeof *p->bands);
		p->room = g->name_count;
	}
	p->count = 0;
	for (size_t i = 0; i < g->file_count; i++) {
		const struct names *names = &g->files[i].names;
		for (size_t k = 0; k < names->count; k++) {
			struct band *b = &p->bands[p->count++];
			plan_band(f, b, names->name[k]);
			kept += b->kept;
		}
	}
	/* No name is twice in a group or in -t: it has all of them if it has as many. */
	for (size_t i = 0; kept < f->keep.count; i++) {
		if (!find_band(p, g, f->keep.name[i]))
			return error_set(
			    why, "has no tensor '%s', which -t selects", f->keep.name[i]);
	}
	for (size_t i = 0; i < f->stack_count; i++) {
		if (check_stack(p, g, &f->stacks[i], why) != 0)
			return -1;
	}
	return 0;
}
