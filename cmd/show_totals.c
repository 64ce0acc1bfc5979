#include "cmd/show_totals.h"

#include "base/alloc.h"
#include "process/diag.h"
#include "tensor/json.h"
#include "tensor/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	char *name;
	uint64_t patches; /* tensors */
	struct stats stats;
	size_t first; /* the first row of the name */
	bool several; /* of the first row: there are others, of other dtypes */
};

static struct row *
all_rows(const struct totals *d, size_t *count)
{
	*count = d->rows.len / sizeof(struct row);
	return (struct row *)(void *)d->rows.data;
}

/* ---- adding ---- */

static _Noreturn void
no_memory(const struct totals *d)
{
	diag_die(STATUS_BAD,
	    "totals of %zu tensors need more memory than the limit of %zu bytes: raise it with "
	    "-M: no totals printed",
	    d->rows.len / sizeof(struct row), d->max_memory);
}

static struct row *
add_row(struct totals *d, const struct tensor *t)
{
	struct row row = {.name = xstrdup(t->name)};
	size_t bytes = sizeof row + strlen(t->name) + 1, count;
	if (bytes > d->left)
		no_memory(d);
	d->left -= bytes;
	if (stats_start(&row.stats, t->dtype, true, d->nodata, &d->left) != 0)
		no_memory(d);
	struct row *rows = all_rows(d, &count);
	while (row.first < count && strcmp(rows[row.first].name, t->name) != 0)
		row.first++;
	if (row.first < count)
		rows[row.first].several = true;
	buf_add(&d->rows, &row, sizeof row);
	return all_rows(d, &count) + count - 1;
}

/* The row of a tensor, or NULL. Tensors come in the same order in most blobs: it is looked for
 * behind the last one. */
static struct row *
find_row(struct totals *d, const struct tensor *t)
{
	size_t count;
	struct row *rows = all_rows(d, &count);
	for (size_t i = 0; i < count; i++) {
		size_t at = (d->next + i) % count;
		if (rows[at].stats.dtype != t->dtype || strcmp(rows[at].name, t->name) != 0)
			continue;
		d->next = at + 1;
		return &rows[at];
	}
	return NULL;
}

void
totals_add(struct totals *d, const struct tensor *t, const char *data)
{
	struct row *row = find_row(d, t);
	if (!row)
		row = add_row(d, t);
	if (stats_add(&row->stats, data + t->begin, t->end - t->begin) != 0)
		no_memory(d);
	row->patches++;
}

void
totals_free(struct totals *d)
{
	size_t count;
	struct row *rows = all_rows(d, &count);
	for (size_t i = 0; i < count; i++) {
		stats_free(&rows[i].stats);
		free(rows[i].name);
	}
	buf_free(&d->rows);
}

/* ---- printing ---- */

static void
add_text(struct output *out, const char *text)
{
	output_add(out, text, strlen(text));
}

static void
end_line(struct output *out)
{
	struct error why;
	diag_check_output(output_line(out, &why), &why);
}

static void
print_row(struct output *out, const struct row *row)
{
	char text[STATS_FIELDS][DECIMAL_SIZE], patches[DECIMAL_SIZE];
	stats_text(&row->stats, text);
	snprintf(patches, sizeof patches, "\t%" PRIu64, row->patches);
	/* A name may contain a tab or a newline. */
	output_escaped(out, row->name, strlen(row->name));
	add_text(out, "\t");
	add_text(out, dtype_name(row->stats.dtype));
	add_text(out, patches);
	for (unsigned i = 0; i < STATS_FIELDS; i++) {
		add_text(out, "\t");
		add_text(out, text[i]);
	}
	end_line(out);
}

static void
add_object(struct buf *b, const struct row *row)
{
	char text[STATS_FIELDS][DECIMAL_SIZE], one[100];
	stats_text(&row->stats, text);
	int len = snprintf(one, sizeof one, "{\"dtype\": \"%s\", \"patches\": %" PRIu64,
	    dtype_name(row->stats.dtype), row->patches);
	buf_add(b, one, (size_t)len);
	for (unsigned i = 0; i < STATS_FIELDS; i++) {
		/* JSON has neither "nan" nor "inf". */
		bool null = strcmp(text[i], "-") == 0 || strchr(text[i], 'n');
		len = snprintf(
		    one, sizeof one, ", \"%s\": %s", stats_names[i], null ? "null" : text[i]);
		buf_add(b, one, (size_t)len);
	}
	buf_add(b, "}", 1);
}

/* One line for each name. The rows of a name with several dtypes are a list. */
static void
print_json(const struct row *rows, size_t count, struct output *out)
{
	struct buf text = {0};
	for (size_t i = 0; i < count; i++) {
		if (rows[i].first != i)
			continue;
		buf_add(&text, i > 0 ? ",\n" : "{\n", 2);
		json_add_string(&text, rows[i].name);
		buf_add(&text, ": [", rows[i].several ? 3 : 2);
		add_object(&text, &rows[i]);
		for (size_t k = i + 1; rows[i].several && k < count; k++) {
			if (rows[k].first != i)
				continue;
			buf_add(&text, ", ", 2);
			add_object(&text, &rows[k]);
		}
		buf_add(&text, "]", rows[i].several);
	}
	buf_add(&text, count == 0 ? "{}" : "\n}", 2);
	output_add(out, text.data, text.len);
	end_line(out);
	buf_free(&text);
}

void
totals_print(const struct totals *d, bool json, bool header, struct output *out)
{
	size_t count;
	const struct row *rows = all_rows(d, &count);
	if (json) {
		print_json(rows, count, out);
	} else if (header) {
		add_text(out, "tensor\tdtype\tpatches");
		for (unsigned i = 0; i < STATS_FIELDS; i++) {
			add_text(out, "\t");
			add_text(out, stats_names[i]);
		}
		end_line(out);
	}
	for (size_t i = 0; i < count; i++) {
		if (!json)
			print_row(out, &rows[i]);
	}
	for (size_t i = 0; i < count; i++) {
		/* None of them is all of it. */
		if (rows[i].first != i)
			diag_warn("tensor '%s' has several dtypes (%s, %s): one row for each",
			    rows[i].name, dtype_name(rows[rows[i].first].stats.dtype),
			    dtype_name(rows[i].stats.dtype));
	}
}
