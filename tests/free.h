#ifndef RSENC_TESTS_FREE_H
#define RSENC_TESTS_FREE_H

/* A command keeps these until it ends; a test makes many, and leaks count. */

#include "tensor/safetensors.h"
#include "tensor/stats.h"

#include <stdlib.h>

static inline void
safetensors_free(struct safetensors *s)
{
	buf_free(&s->text);
	buf_free(&s->numbers);
	buf_free(&s->tensor_array);
	buf_free(&s->metadata_array);
	*s = (struct safetensors){0};
}

static inline void
stats_free(struct stats *s)
{
	for (size_t i = 0; s->pages && i < s->page_count; i++)
		free(s->pages[i]);
	free(s->pages);
	*s = (struct stats){.pages = NULL};
}

#endif
