#include "cmd/show_totals.h"

#include "base/alloc.h"
#include "process/diag.h"
#include "stream/group.h"
#include "tensor/json.h"
#include "tensor/stats.h"

#include <inttypes.h>
#include <string.h>

struct totals_row {
	char *name;
	uint64_t patches; /* tensors */
	struct stats stats;
	size_t first; /* the first row of the name */
	bool several; /* of the first row: there are others, of other dtypes */
};

/* ---- adding ---- */

static _Noreturn void
no_memory(const struct totals *d)
{
	diag_die(STATUS_BAD,
	    "totals of %zu tensors need more memory than the limit of %zu bytes: raise it with "
	    "-M: no totals printed",
	    d->count, d->max_memory);
}

static struct totals_row *
add_row(struct totals *d, const struct tensor *t)
{
	struct totals_row row = {.name = xstrdup(t->name)};
	size_t bytes = sizeof row + strlen(t->name) + 1;
	if (bytes > d->left)
		no_memory(d);
	d->left -= bytes;
	if (stats_start(&row.stats, t->dtype, true, d->nodata, &d->left) != 0)
		no_memory(d);
	while (row.first < d->count && strcmp(d->rows[row.first].name, t->name) != 0)
		row.first++;
	if (row.first < d->count)
		d->rows[row.first].several = true;
	d->rows = xreallocarray(d->rows, d->count + 1, sizeof row);
	d->rows[d->count] = row;
	return &d->rows[d->count++];
}

/* The row of a tensor, or NULL. Tensors come in the same order in most blobs: it is looked for
 * behind the last one. */
static struct totals_row *
find_row(struct totals *d, const struct tensor *t)
{
	for (size_t i = 0; i < d->count; i++) {
		size_t at = (d->next + i) % d->count;
		struct totals_row *row = &d->rows[at];
		if (row->stats.dtype != t->dtype || strcmp(row->name, t->name) != 0)
			continue;
		d->next = at + 1;
		return row;
	}
	return NULL;
}

void
totals_add(struct totals *d, const struct tensor *t, const char *data)
{
	struct totals_row *row = find_row(d, t);
	if (!row)
		row = add_row(d, t);
	if (stats_add(&row->stats, data + t->begin, t->end - t->begin) != 0)
		no_memory(d);
	row->patches++;
}

/* ---- printing ---- */

/* A name may contain a tab or a newline. */
static void
print_row(struct output *out, const struct totals_row *row)
{
	char text[STATS_FIELDS][DECIMAL_SIZE];
	stats_text(&row->stats, text);
	group_escape(&out->pending, row->name, strlen(row->name));
	buf_addf(&out->pending, "\t%s\t%" PRIu64, dtype_name(row->stats.dtype), row->patches);
	for (unsigned i = 0; i < STATS_FIELDS; i++)
		buf_addf(&out->pending, "\t%s", text[i]);
	output_line(out);
}

static void
add_object(struct buf *b, const struct totals_row *row)
{
	char text[STATS_FIELDS][DECIMAL_SIZE];
	stats_text(&row->stats, text);
	buf_addf(b, "{\"dtype\": \"%s\", \"patches\": %" PRIu64, dtype_name(row->stats.dtype),
	    row->patches);
	/* JSON has neither "nan" nor "inf". */
	for (unsigned i = 0; i < STATS_FIELDS; i++)
		buf_addf(b, ", \"%s\": %s", stats_names[i],
		    strpbrk(text[i], "0123456789") ? text[i] : "null");
	buf_addf(b, "}");
}

/* One line for each name. The rows of a name with several dtypes are a list. */
static void
print_json(const struct totals_row *rows, size_t count, struct output *out)
{
	struct buf *text = &out->pending;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].first != i)
			continue;
		buf_addf(text, i > 0 ? ",\n" : "{\n");
		json_add_string(text, rows[i].name);
		buf_addf(text, rows[i].several ? ": [" : ": ");
		add_object(text, &rows[i]);
		for (size_t k = i + 1; rows[i].several && k < count; k++) {
			if (rows[k].first == i) {
				buf_addf(text, ", ");
				add_object(text, &rows[k]);
			}
		}
		buf_addf(text, rows[i].several ? "]" : "");
	}
	buf_addf(text, count == 0 ? "{}" : "\n}");
	output_line(out);
}

void
totals_print(const struct totals *d, bool json, bool header, struct output *out)
{
	const struct totals_row *rows = d->rows;
	if (json)
		print_json(rows, d->count, out);
	if (header && !json) {
		buf_addf(&out->pending, "tensor\tdtype\tpatches");
		for (unsigned i = 0; i < STATS_FIELDS; i++)
			buf_addf(&out->pending, "\t%s", stats_names[i]);
		output_line(out);
	}
	for (size_t i = 0; i < d->count; i++) {
		if (!json)
			print_row(out, &rows[i]);
		/* None of them is all of it. */
		if (rows[i].first != i)
			diag_warn("tensor '%s' has several dtypes (%s, %s): one row for each",
			    rows[i].name, dtype_name(rows[rows[i].first].stats.dtype),
			    dtype_name(rows[i].stats.dtype));
	}
}
