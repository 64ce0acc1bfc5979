#include "view/scales.h"

#include "tensor/json.h"

#include <math.h>
#include <string.h>

const double scale_percents[SCALE_POINTS] = {0, 1, 2, 50, 98, 99, 100};

/* Their names in totals. */
static const char *const point_names[SCALE_POINTS] = {
    "min", "p1", "p2", "p50", "p98", "p99", "max"};

/* ---- reading ---- */

static bool
read_dtype(struct json *j, struct scale *row)
{
	const char *word;
	if (!json_string(j, &word))
		return false;
	row->dtype = dtype_find(word, strlen(word));
	j->why = "unknown dtype";
	return row->dtype != DTYPE_COUNT;
}

/* One object of fields, of which the points are taken. */
static bool
read_row(struct json *j, struct scales *s, const char *name)
{
	struct scale row = {.name = name, .dtype = DTYPE_COUNT};
	const char *field;
	for (unsigned i = 0; i < SCALE_POINTS; i++)
		row.point[i] = (double)NAN;
	if (!json_mark(j, '{'))
		return false;
	do {
		if (!json_string(j, &field) || !json_mark(j, ':'))
			return false;
		unsigned i = 0;
		while (i < SCALE_POINTS && strcmp(field, point_names[i]) != 0)
			i++;
		bool fine = strcmp(field, "dtype") == 0 ? read_dtype(j, &row)
		            : i < SCALE_POINTS          ? json_decimal(j, &row.point[i])
		                                        : json_skip(j);
		if (!fine)
			return false;
	} while (json_maybe(j, ','));
	if (!json_mark(j, '}'))
		return false;
	j->why = "no dtype";
	if (row.dtype == DTYPE_COUNT)
		return false;
	buf_add(&s->rows, &row, sizeof row);
	return true;
}

static bool
read_rows(struct json *j, struct scales *s)
{
	const char *name;
	if (!json_mark(j, '{'))
		return false;
	if (json_maybe(j, '}'))
		return true;
	do {
		if (!json_string(j, &name) || !json_mark(j, ':'))
			return false;
		/* A name with several dtypes has a list. */
		bool list = json_maybe(j, '[');
		do {
			if (!read_row(j, s, name))
				return false;
		} while (list && json_maybe(j, ','));
		if (list && !json_mark(j, ']'))
			return false;
	} while (json_maybe(j, ','));
	return json_mark(j, '}');
}

int
scales_read(struct scales *s, const char *json, size_t len, struct error *why)
{
	struct json j = {.at = json, .end = json + len, .text = &s->text};
	*s = (struct scales){.rows = {.data = NULL}};
	static const char remedy[] = "write them with 'rsenc-show --totals --json'";
	buf_reserve(&s->text, len + 1);
	if (!read_rows(&j, s))
		return error_set(why, "not totals: byte %td: %s: %s", j.at - json, j.why, remedy);
	while (j.at < j.end && memchr(" \t\r\n", *j.at, 4))
		j.at++;
	if (j.at < j.end)
		return error_set(why, "not totals: text after the last '}': %s", remedy);
	return 0;
}

/* ---- asking ---- */

const struct scale *
scales_find(const struct scales *s, const char *band, const char *tensor, enum dtype dtype,
    struct error *why)
{
	const struct scale *rows = (const struct scale *)(const void *)s->rows.data;
	size_t count = s->rows.len / sizeof *rows;
	const char *names[] = {band, tensor};
	enum dtype other = DTYPE_COUNT;
	/* The band's own row first: rsenc-show -b has one for each band of a stack. */
	for (size_t n = 0; n < 2; n++) {
		for (size_t i = 0; i < count; i++) {
			if (strcmp(rows[i].name, names[n]) != 0)
				continue;
			/* One name, another type: another dataset, whose range says nothing. */
			other = rows[i].dtype;
			if (other != dtype)
				continue;
			if (!isnan(rows[i].point[0]))
				return &rows[i];
			error_set(
			    why, "the totals have no value of '%s' that is not nodata", names[n]);
			return NULL;
		}
	}
	if (other != DTYPE_COUNT)
		error_set(why, "the totals have '%s' as %s, but the blob as %s", band,
		    dtype_name(other), dtype_name(dtype));
	else
		error_set(why, "the totals have no '%s': make them of this dataset", band);
	return NULL;
}

bool
scale_has(double percent)
{
	for (unsigned i = 0; i < SCALE_POINTS; i++) {
		if (fabs(scale_percents[i] - percent) <= 0)
			return true;
	}
	return false;
}

double
scale_at(const struct scale *scale, double percent)
{
	unsigned i = 0;
	while (i + 1 < SCALE_POINTS && scale_percents[i] < percent)
		i++;
	return scale->point[i];
}

void
scales_free(struct scales *s)
{
	buf_free(&s->rows);
	buf_free(&s->text);
}
