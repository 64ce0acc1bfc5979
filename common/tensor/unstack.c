#include "tensor/unstack.h"

#include <stdint.h>
#include <string.h>

/* The names of a stack's bands, or NULL if the tensor is not a stack. */
static const char *
stack_names(const struct safetensors *blob, const struct tensor *t)
{
	if (t->rank != 3 || dtype_kind(t->dtype) == '-')
		return NULL;
	for (size_t i = 0; i < blob->metadata_count; i++) {
		const struct metadata *m = &blob->metadata[i];
		if (strcmp(m->key, t->name) != 0)
			continue;
		/* A list of another length has another meaning: others use metadata, too. */
		uint64_t names = 1;
		for (const char *c = strchr(m->value, ','); c; c = strchr(c + 1, ','))
			names++;
		return names == t->shape[0] ? m->value : NULL;
	}
	return NULL;
}

/* Appends the bands of a stack. There is room for their names, so that they stay. */
static void
add_bands(struct unstack *u, const struct tensor *stack, const char *list)
{
	uint64_t size = (stack->end - stack->begin) / stack->shape[0];
	char *name = u->names.data + u->names.len;
	buf_add(&u->names, list, strlen(list) + 1);
	for (uint64_t i = 0; i < stack->shape[0]; i++) {
		struct tensor band = {.name = name,
		    .dtype = stack->dtype,
		    .rank = 2,
		    .shape = stack->shape + 1,
		    .begin = stack->begin + i * size,
		    .end = stack->begin + (i + 1) * size};
		buf_add(&u->memory, &band, sizeof band);
		char *comma = strchr(name, ',');
		if (comma) {
			*comma = '\0';
			name = comma + 1;
		}
	}
}

void
unstack(struct unstack *u, const struct safetensors *blob)
{
	size_t room = 1;
	/* All at once, as names must not move. */
	for (size_t i = 0; i < blob->metadata_count; i++)
		room += strlen(blob->metadata[i].value) + 1;
	u->memory.len = u->names.len = 0;
	buf_reserve(&u->names, room);
	buf_reserve(&u->memory, 1);
	for (size_t i = 0; i < blob->count; i++) {
		const struct tensor *t = &blob->tensors[i];
		const char *list = stack_names(blob, t);
		if (list)
			add_bands(u, t, list);
		else
			buf_add(&u->memory, t, sizeof *t);
	}
	u->tensors = (const struct tensor *)(const void *)u->memory.data;
	u->count = u->memory.len / sizeof *u->tensors;
}

void
unstack_free(struct unstack *u)
{
	buf_free(&u->memory);
	buf_free(&u->names);
	*u = (struct unstack){.count = 0};
}
