#include "cmd/totals.h"
#include "process/diag.h"
#include "stream/output.h"
#include "tensor/json.h"
#include "tensor/totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is being printed. */
struct totals_text {
	const struct totals *totals;
	struct buf text;
	struct output out;
};

enum { FIELDS = 10 + TOTALS_PERCENTILES, PERCENTILES = FIELDS - TOTALS_PERCENTILES };

/* Behind name and dtype, in TSV and in JSON. */
static const char *const field_names[FIELDS] = {"patches", "count", "min", "max", "mean", "std",
    "nan", "inf", "nodata", "zeros", "p1", "p2", "p50", "p98", "p99"};

/* The values of the fields as text; "-" and "nan" are none. */
static void
totals_fields(const struct totals_figures *f, char field[FIELDS][DECIMAL_SIZE])
{
	const uint64_t whole[] = {
	    f->patches, f->count, 0, 0, 0, 0, f->nan, f->infinite, f->nodata, f->zeros};
	for (unsigned i = 0; i < FIELDS; i++)
		snprintf(field[i], DECIMAL_SIZE, "-");
	/* Elements smaller than a byte are not measured: only patches and elements are counted.
	 * Their other fields stay, so that columns mean the same in every line. */
	for (unsigned i = 0; i < (f->measured ? PERCENTILES : 2); i++)
		snprintf(field[i], DECIMAL_SIZE, "%" PRIu64, whole[i]);
	if (!f->measured)
		return;
	/* These are text already, and exact: a double holds no integer beyond 2^53. */
	memcpy(field[2], f->min, DECIMAL_SIZE);
	memcpy(field[3], f->max, DECIMAL_SIZE);
	decimal_text(field[4], f->mean, DECIMAL_DOUBLE);
	decimal_text(field[5], f->deviation, DECIMAL_DOUBLE);
	for (unsigned p = 0; p < TOTALS_PERCENTILES; p++)
		decimal_text(field[PERCENTILES + p], f->percentile[p], DECIMAL_DOUBLE);
}

static void
totals_add(struct totals_text *r, const char *text)
{
	if (buf_add(&r->text, text, strlen(text)) != 0)
		diag_die(STATUS_BAD, "out of memory");
}

/* Name and dtype first, then the fields, whose number is the same in each line. */
static void
totals_write_line(struct totals_text *r, const struct totals_figures *f)
{
	char field[FIELDS][DECIMAL_SIZE];
	struct error why;
	totals_fields(f, field);
	r->text.len = 0;
	totals_add(r, "\t");
	totals_add(r, dtype_name(f->dtype));
	for (unsigned i = 0; i < FIELDS; i++) {
		totals_add(r, "\t");
		totals_add(r, field[i]);
	}
	/* A name may hold a tab or a newline: escaped as in group lines, a line stays a line. */
	diag_check_output(output_escaped(&r->out, f->name, strlen(f->name), &why), &why);
	diag_check_output(output_add(&r->out, r->text.data, r->text.len, &why), &why);
	diag_check_output(output_line(&r->out, &why), &why);
}

static void
totals_add_object(struct totals_text *r, const struct totals_figures *f)
{
	char field[FIELDS][DECIMAL_SIZE];
	totals_fields(f, field);
	totals_add(r, "{\"dtype\": \"");
	totals_add(r, dtype_name(f->dtype));
	for (unsigned i = 0; i < FIELDS; i++) {
		totals_add(r, i == 0 ? "\", \"" : ", \"");
		totals_add(r, field_names[i]);
		totals_add(r, "\": ");
		/* JSON knows neither NaN nor infinity, which a mean of huge numbers may be. */
		bool number = strcmp(field[i], "-") != 0 && !strchr(field[i], 'n');
		totals_add(r, number ? field[i] : "null");
	}
	totals_add(r, "}");
}

/* A name is a key once: where it comes with several dtypes, its value is a list of their rows. */
static void
totals_write_entry(struct totals_text *r, struct totals_figures *f)
{
	bool several = f->other > 0;
	if (json_add_string(&r->text, f->name) != 0)
		diag_die(STATUS_BAD, "out of memory");
	totals_add(r, several ? ": [" : ": ");
	totals_add_object(r, f);
	while (f->other > 0) {
		totals_figures(r->totals, f->other, f);
		totals_add(r, ", ");
		totals_add_object(r, f);
	}
	totals_add(r, several ? "]" : "");
}

/* A line a name: JSON that grep and diff can work on, too. */
static void
totals_write_json(struct totals_text *r)
{
	struct totals_figures f;
	struct error why;
	const char *before = "{";
	r->text.len = 0;
	for (size_t i = 0; i < totals_count(r->totals); i++) {
		totals_figures(r->totals, i, &f);
		/* Written already, in the list of its first row. */
		if (f.again)
			continue;
		totals_add(r, before);
		totals_add(r, "\n");
		totals_write_entry(r, &f);
		before = ",";
	}
	totals_add(r, *before == '{' ? "{}" : "\n}");
	/* All at once: totals are small, a line a name. */
	diag_check_output(output_add(&r->out, r->text.data, r->text.len, &why), &why);
	diag_check_output(output_line(&r->out, &why), &why);
}

static void
totals_write_header(struct totals_text *r)
{
	struct error why;
	r->text.len = 0;
	totals_add(r, "tensor\tdtype");
	for (unsigned i = 0; i < FIELDS; i++) {
		totals_add(r, "\t");
		totals_add(r, field_names[i]);
	}
	diag_check_output(output_add(&r->out, r->text.data, r->text.len, &why), &why);
	diag_check_output(output_line(&r->out, &why), &why);
}

void
totals_write(const struct totals *totals, const struct totals_options *o)
{
	struct totals_text r = {.totals = totals};
	struct totals_figures f;
	struct error why;
	if (o->json)
		totals_write_json(&r);
	/* JSON names its fields itself. */
	else if (o->header)
		totals_write_header(&r);
	for (size_t i = 0; !o->json && i < totals_count(totals); i++) {
		totals_figures(totals, i, &f);
		totals_write_line(&r, &f);
	}
	diag_check_output(output_finish(&r.out, &why), &why);
	buf_free(&r.text);
}
