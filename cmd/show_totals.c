#include "cmd/show_totals.h"

#include "process/diag.h"
#include "tensor/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 10 + STATS_PERCENTILES };

/* After the name and the dtype. */
static const char *const field_names[FIELDS] = {"patches", "count", "min", "max", "mean", "std",
    "nan", "inf", "nodata", "zeros", "p1", "p2", "p50", "p98", "p99"};

struct fields {
	char text[FIELDS][DECIMAL_SIZE];
};

/* Statistics of elements smaller than a byte are "-": columns mean the same in every line. */
static void
make_fields(const struct dataset_row *row, struct fields *to)
{
	struct stats_figures f;
	stats_compute(&row->stats, &f);
	const uint64_t numbers[] = {
	    row->patches, f.count, 0, 0, 0, 0, f.nan, f.infinite, f.nodata, f.zeros};
	for (unsigned i = 0; i < FIELDS; i++)
		snprintf(to->text[i], DECIMAL_SIZE, "-");
	for (unsigned i = 0; i < (f.measured ? 10 : 2); i++)
		snprintf(to->text[i], DECIMAL_SIZE, "%" PRIu64, numbers[i]);
	if (!f.measured)
		return;
	memcpy(to->text[2], f.min, DECIMAL_SIZE);
	memcpy(to->text[3], f.max, DECIMAL_SIZE);
	decimal_text(to->text[4], f.mean, DECIMAL_DOUBLE);
	decimal_text(to->text[5], f.deviation, DECIMAL_DOUBLE);
	for (unsigned p = 0; p < STATS_PERCENTILES; p++)
		decimal_text(to->text[10 + p], f.percentile[p], DECIMAL_DOUBLE);
}

static void
add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

static void
print_line(struct output *out, const struct buf *line)
{
	struct error why;
	output_add(out, line->data, line->len);
	diag_check_output(output_line(out, &why), &why);
}

static void
print_row(struct output *out, const struct dataset_row *row, struct buf *line)
{
	struct fields fields;
	make_fields(row, &fields);
	line->len = 0;
	add_text(line, "\t");
	add_text(line, dtype_name(row->stats.dtype));
	for (unsigned i = 0; i < FIELDS; i++) {
		add_text(line, "\t");
		add_text(line, fields.text[i]);
	}
	/* A name may contain a tab or a newline. */
	output_escaped(out, row->name, strlen(row->name));
	print_line(out, line);
}

static void
add_object(struct buf *b, const struct dataset_row *row)
{
	struct fields fields;
	make_fields(row, &fields);
	add_text(b, "{\"dtype\": \"");
	add_text(b, dtype_name(row->stats.dtype));
	for (unsigned i = 0; i < FIELDS; i++) {
		const char *text = fields.text[i];
		add_text(b, i == 0 ? "\", \"" : ", \"");
		add_text(b, field_names[i]);
		add_text(b, "\": ");
		/* JSON has neither "nan" nor "inf". */
		add_text(b, strcmp(text, "-") == 0 || strchr(text, 'n') ? "null" : text);
	}
	add_text(b, "}");
}

/* One line for each name. The rows of a name with several dtypes are a list. */
static void
print_json(const struct dataset_stats *d, struct output *out, struct buf *text)
{
	const char *before = "{\n";
	for (size_t i = 0; i < d->count; i++) {
		const struct dataset_row *row = d->rows[i];
		bool several = row->next > 0;
		if (row->again)
			continue;
		add_text(text, before);
		before = ",\n";
		json_add_string(text, row->name);
		add_text(text, several ? ": [" : ": ");
		add_object(text, row);
		while (row->next > 0) {
			row = d->rows[row->next];
			add_text(text, ", ");
			add_object(text, row);
		}
		add_text(text, several ? "]" : "");
	}
	add_text(text, d->count == 0 ? "{}" : "\n}");
	print_line(out, text);
}

/* A name with several dtypes has several rows: none of them is all of it. */
static void
warn_of_several_dtypes(const struct dataset_stats *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct dataset_row *row = d->rows[i];
		if (row->again || row->next == 0)
			continue;
		diag_warn("tensor '%s' has several dtypes (%s, %s): one row for each", row->name,
		    dtype_name(row->stats.dtype), dtype_name(d->rows[row->next]->stats.dtype));
	}
}

void
show_totals(const struct dataset_stats *d, bool json, bool header, struct output *out)
{
	struct buf text = {0};
	if (json) {
		print_json(d, out, &text);
	} else if (header) {
		add_text(&text, "tensor\tdtype");
		for (unsigned i = 0; i < FIELDS; i++) {
			add_text(&text, "\t");
			add_text(&text, field_names[i]);
		}
		print_line(out, &text);
	}
	for (size_t i = 0; !json && i < d->count; i++)
		print_row(out, d->rows[i], &text);
	warn_of_several_dtypes(d);
	buf_free(&text);
}
