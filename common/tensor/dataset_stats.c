#include "tensor/dataset_stats.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void
dataset_stats_start(struct dataset_stats *d, size_t max_memory, const struct nodata *nodata)
{
	*d = (struct dataset_stats){.nodata = *nodata, .max_memory = max_memory};
	mem_limit_start(&d->limit, max_memory);
}

/* The slot of a row, or the free one where it belongs; *last becomes the last row of that name with
 * another dtype, or NULL. */
static size_t *
find_slot(
    const struct dataset_stats *d, const char *name, enum dtype dtype, struct dataset_row **last)
{
	size_t mask = d->slot_count - 1, i = (size_t)hash_bytes(name, strlen(name)) & mask;
	*last = NULL;
	for (; d->slots[i] > 0; i = (i + 1) & mask) {
		struct dataset_row *row = d->rows[d->slots[i] - 1];
		if (strcmp(row->name, name) != 0)
			continue;
		if (row->stats.dtype == dtype)
			break;
		*last = row;
	}
	return &d->slots[i];
}

/* Doubles the hash table, which is at most half full, and the rows. */
static void
grow(struct dataset_stats *d)
{
	struct dataset_row *last;
	d->slot_count = d->slot_count > 0 ? 2 * d->slot_count : 64;
	free(d->slots);
	d->slots = xcalloc(d->slot_count, sizeof *d->slots);
	d->rows = xreallocarray(d->rows, d->slot_count / 2, sizeof *d->rows);
	for (size_t i = 0; i < d->count; i++)
		*find_slot(d, d->rows[i]->name, d->rows[i]->stats.dtype, &last) = i + 1;
}

static void
free_row(struct dataset_row *row)
{
	stats_free(&row->stats);
	free(row->name);
	free(row);
}

static struct dataset_row *
new_row(struct dataset_stats *d, const struct tensor *t)
{
	size_t slots = 3 * sizeof d->rows; /* at most, for each row */
	if (!mem_limit_take(&d->limit, sizeof(struct dataset_row) + strlen(t->name) + 1 + slots))
		return NULL;
	struct dataset_row *row = xcalloc(1, sizeof *row);
	row->name = xstrdup(t->name);
	if (stats_start(&row->stats, t->dtype, true, &d->nodata, &d->limit) == 0)
		return row;
	free_row(row);
	return NULL;
}

static struct dataset_row *
find_row(struct dataset_stats *d, const struct tensor *t)
{
	struct dataset_row *last;
	if (2 * d->count >= d->slot_count)
		grow(d);
	size_t *slot = find_slot(d, t->name, t->dtype, &last);
	if (*slot > 0)
		return d->rows[*slot - 1];
	struct dataset_row *row = new_row(d, t);
	if (!row)
		return NULL;
	if (last) {
		last->next = d->count;
		row->again = true;
	}
	d->rows[d->count++] = row;
	*slot = d->count;
	return row;
}

int
dataset_stats_add(
    struct dataset_stats *d, const struct tensor *t, const char *data, struct error *why)
{
	struct dataset_row *row = find_row(d, t);
	if (!row || stats_add(&row->stats, data + t->begin, t->end - t->begin) != 0)
		return error_set(why,
		    "totals of %zu tensors need more memory than the limit of %zu bytes: raise it "
		    "with -M",
		    d->count, d->max_memory);
	row->patches++;
	return 0;
}

void
dataset_stats_free(struct dataset_stats *d)
{
	for (size_t i = 0; i < d->count; i++)
		free_row(d->rows[i]);
	free(d->rows);
	free(d->slots);
	*d = (struct dataset_stats){.count = 0};
}
