#include "view/scales.h"

#include "tensor/json.h"

#include <math.h>
#include <string.h>

static const struct {
	double percent;
	const char *name; /* in totals */
} points[SCALE_POINTS] = {
    {0, "min"}, {1, "p1"}, {2, "p2"}, {50, "p50"}, {98, "p98"}, {99, "p99"}, {100, "max"}};

/* ---- reading ---- */

static void
read_row(struct json *j, struct scales *s, const char *name)
{
	struct scale row = {.name = name, .dtype = DTYPE_COUNT};
	for (unsigned i = 0; i < SCALE_POINTS; i++)
		row.point[i] = (double)NAN;
	for (bool more = json_first(j, "{}"); more; more = json_next(j, "{}")) {
		const char *field = json_name(j);
		unsigned i = 0;
		while (i < SCALE_POINTS && strcmp(field, points[i].name) != 0)
			i++;
		if (i < SCALE_POINTS) {
			row.point[i] = json_decimal(j);
		} else if (strcmp(field, "dtype") == 0) {
			const char *word = json_string(j);
			row.dtype = dtype_find(word, strlen(word));
		} else {
			json_skip(j);
		}
	}
	if (row.dtype == DTYPE_COUNT)
		json_fail(j, "no known dtype");
	buf_add(&s->rows, &row, sizeof row);
}

int
scales_read(struct scales *s, const char *json, size_t len, struct error *why)
{
	struct json j = {.at = json, .end = json + len, .text = &s->text};
	*s = (struct scales){.rows = {.data = NULL}};
	buf_reserve(&s->text, len + 1);
	for (bool more = json_first(&j, "{}"); more; more = json_next(&j, "{}")) {
		const char *name = json_name(&j);
		/* A name with several dtypes has a list. */
		bool list = json_maybe(&j, '[');
		do
			read_row(&j, s, name);
		while (list && json_maybe(&j, ','));
		if (list)
			json_mark(&j, ']');
	}
	json_end(&j);
	if (!j.why)
		return 0;
	return error_set(why,
	    "not totals: byte %td: %s: write them with 'rsenc-show --totals --json'", j.at - json,
	    j.why);
}

/* ---- asking ---- */

const struct scale *
scales_find(const struct scales *s, const char *band, enum dtype dtype, struct error *why)
{
	const struct scale *row = (const struct scale *)(const void *)s->rows.data;
	const struct scale *end = row + s->rows.len / sizeof *row;
	/* A name with another dtype is of another dataset, whose range says nothing. */
	for (; row < end; row++) {
		if (strcmp(row->name, band) == 0 && row->dtype == dtype && !isnan(row->point[0]))
			return row;
	}
	error_set(why,
	    "the totals have no value of '%s' as %s: make the totals from this dataset, with "
	    "'rsenc-show --json --bands'",
	    band, dtype_name(dtype));
	return NULL;
}

static unsigned
find_point(double percent)
{
	unsigned i = 0;
	while (i < SCALE_POINTS && fabs(points[i].percent - percent) > 0)
		i++;
	return i;
}

bool
scale_has(double percent)
{
	return find_point(percent) < SCALE_POINTS;
}

double
scale_at(const struct scale *scale, double percent)
{
	return scale->point[find_point(percent)];
}
