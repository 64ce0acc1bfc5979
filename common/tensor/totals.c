#include "tensor/totals.h"

#include "base/hash.h"
#include "tensor/elements.h"
#include "tensor/totals_row.h"

#include <stdlib.h>
#include <string.h>

struct totals *
totals_new(size_t max_memory, const struct nodata *nodata)
{
	struct totals *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->nodata = *nodata;
	t->max_memory = max_memory;
	mem_limit_start(&t->budget, max_memory);
	return t;
}

/* ---- rows ---- */

static int
totals_out_of_memory(const struct totals *t, struct error *why)
{
	error_set(
	    why, "totals of %zu tensor names take more than %zu bytes", t->count, t->max_memory);
	return error_hint(why, HINT_MEMORY, 0);
}

/* Where a row of that name and dtype is, or belongs; *last becomes the last row of the name that is
 * passed, or NULL. */
static struct totals_row **
totals_slot(const struct totals *t, const char *name, enum dtype dtype, uint64_t hash,
    struct totals_row **last)
{
	size_t mask = 2 * t->capacity - 1;
	*last = NULL;
	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		struct totals_row *row = t->slots[i];
		bool same = row && row->hash == hash && strcmp(row->name, name) == 0;
		if (!row || (same && row->dtype == dtype))
			return &t->slots[i];
		if (same)
			*last = row;
	}
}

/* Makes room for one row more. Names are few, or the limit ends them. */
static int
totals_grow(struct totals *t)
{
	size_t capacity = t->capacity > 0 ? 2 * t->capacity : 64;
	if (t->count < t->capacity)
		return 0;
	/* Rows once, slots twice. */
	if (!mem_limit_take(&t->budget, (capacity - t->capacity) * 3 * sizeof *t->rows))
		return -1;
	struct totals_row **rows = realloc(t->rows, capacity * sizeof(*rows));
	struct totals_row **slots = calloc(2 * capacity, sizeof(*slots));
	/* realloc has freed the old ones, whatever comes of the slots. */
	if (rows)
		t->rows = rows;
	if (!rows || !slots) {
		free(slots);
		return -1;
	}
	free(t->slots);
	t->slots = slots;
	t->capacity = capacity;
	for (size_t i = 0; i < t->count; i++) {
		struct totals_row *row = rows[i], *last;
		*totals_slot(t, row->name, row->dtype, row->hash, &last) = row;
	}
	return 0;
}

static void
totals_row_free(struct totals_row *row)
{
	pthread_mutex_destroy(&row->lock);
	counts_free(&row->counts);
	free(row->name);
	free(row);
}

static struct totals_row *
totals_row_new(struct totals *t, const char *name, enum dtype dtype)
{
	size_t len = strlen(name) + 1;
	struct totals_row *row = NULL;
	if (mem_limit_take(&t->budget, sizeof *row + len))
		row = calloc(1, sizeof *row);
	if (!row)
		return NULL;
	row->name = malloc(len);
	row->dtype = dtype;
	row->nodata = &t->nodata;
	row->all.least_key = UINT64_MAX;
	pthread_mutex_init(&row->lock, NULL);
	if (!row->name ||
	    (dtype_size(dtype) > 0 && counts_start(&row->counts, dtype, &t->budget) != 0)) {
		totals_row_free(row);
		return NULL;
	}
	memcpy(row->name, name, len);
	return row;
}

static uint64_t
tensor_elements(const struct tensor *t)
{
	uint64_t bytes = t->end - t->begin;
	return dtype_size(t->dtype) > 0 ? bytes / dtype_size(t->dtype)
	                                : bytes * 8 / dtype_bits(t->dtype);
}

struct totals_row *
totals_see(struct totals *t, const struct tensor *tensor, const char *data, struct error *why)
{
	uint64_t hash = hash_bytes(tensor->name, strlen(tensor->name));
	struct totals_row *last;
	if (totals_grow(t) != 0) {
		totals_out_of_memory(t, why);
		return NULL;
	}
	struct totals_row **slot = totals_slot(t, tensor->name, tensor->dtype, hash, &last);
	if (!*slot) {
		struct totals_row *row = totals_row_new(t, tensor->name, tensor->dtype);
		if (!row) {
			totals_out_of_memory(t, why);
			return NULL;
		}
		row->hash = hash;
		row->again = last != NULL;
		if (last)
			last->other = t->count;
		t->rows[t->count++] = *slot = row;
	}
	struct totals_row *row = *slot;
	/* Here and not where parts are merged: small elements have no part. */
	row->patches++;
	row->count += tensor_elements(tensor);
	if (!row->begun && tensor->end > tensor->begin && whole_dtype(row->dtype)) {
		row->begun = true;
		row->first_key = elements_bits64(data + tensor->begin, 0) ^ whole_flip(row->dtype);
	}
	return row;
}

size_t
totals_count(const struct totals *t)
{
	return t->count;
}

size_t
totals_several(const struct totals *t, const char **name, enum dtype *one, enum dtype *other)
{
	size_t several = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct totals_row *row = t->rows[i];
		if (row->again || row->other == 0)
			continue;
		if (several++ == 0) {
			*name = row->name;
			*one = row->dtype;
			*other = t->rows[row->other]->dtype;
		}
	}
	return several;
}

void
totals_free(struct totals *t)
{
	for (size_t i = 0; t && i < t->count; i++)
		totals_row_free(t->rows[i]);
	if (t) {
		free(t->rows);
		free(t->slots);
	}
	free(t);
}
