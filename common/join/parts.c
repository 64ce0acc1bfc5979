#include "join/parts.h"

#include <stdlib.h>
#include <string.h>

static int
join_compare_keys(struct table_field a, struct table_field b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.text, b.text, len);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
join_compare_places(const void *a, const void *b)
{
	const struct join_place *x = a, *y = b;
	int order = join_compare_keys(x->key, y->key);
	if (order != 0)
		return order;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->part < y->part ? -1 : x->part > y->part;
}

int
join_start(struct join *j, const struct table *table, const size_t *columns, size_t parts,
    struct error *why)
{
	*j = (struct join){.table = table, .columns = columns, .parts = parts};
	/* Rows and parts are kept in 32 bits: a place is one of millions. */
	if (table->rows > UINT32_MAX / parts)
		return error_set(why, "too many rows");
	size_t slots = table->rows * parts;
	/* One more than needed: malloc(0) may return NULL, which would be taken for no memory. */
	j->places = malloc((slots + 1) * sizeof *j->places);
	j->held = calloc(slots + 1, sizeof *j->held);
	j->touched = calloc(table->rows + 1, sizeof *j->touched);
	if (!j->places || !j->held || !j->touched)
		return error_set(why, "out of memory");
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t part = 0; part < parts; part++) {
			struct table_field key = table_field(table, row, columns[part]);
			/* An empty field names no group, and no key is empty: such a row never
			 * becomes complete. */
			if (key.len > 0)
				j->places[j->place_count++] = (struct join_place){
				    .key = key, .row = (uint32_t)row, .part = (uint32_t)part};
		}
	}
	/* Sorted rather than hashed: a search is 20 comparisons, nothing beside reading the line,
	 * and the rows that share a key lie side by side. */
	qsort(j->places, j->place_count, sizeof *j->places, join_compare_places);
	return 0;
}

/* The first place of a key, or place_count. */
static size_t
join_first_place(const struct join *j, struct table_field key)
{
	size_t from = 0, to = j->place_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (join_compare_keys(j->places[middle].key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < j->place_count && join_compare_keys(j->places[from].key, key) == 0
	           ? from
	           : j->place_count;
}

static void
join_release(struct join_line *line)
{
	if (--line->rows == 0)
		free(line);
}

/* Hands a row on if all of its parts are there, and lets go of them. */
static int
join_row(struct join *j, size_t row, join_complete *complete, void *context)
{
	struct join_line **lines = &j->held[row * j->parts];
	for (size_t part = 0; part < j->parts; part++) {
		if (!lines[part])
			return 0;
	}
	int status = complete(context, row, lines);
	for (size_t part = 0; part < j->parts; part++) {
		lines[part]->used = true;
		join_release(lines[part]);
		lines[part] = NULL;
	}
	return status;
}

static struct join_line *
join_new_line(const char *line, size_t len, size_t escaped)
{
	struct join_line *l = malloc(sizeof *l + len);
	if (l) {
		/* One is for join_add itself: a row that is complete at once must not free the
		 * line under it. */
		*l = (struct join_line){.rows = 1, .key_len = escaped, .len = len};
		memcpy(l->text, line, len);
	}
	return l;
}

enum join_status
join_add(struct join *j, const char *key, size_t key_len, const char *line, size_t len,
    size_t escaped, join_complete *complete, void *context, struct error *why)
{
	struct table_field wanted = {key, key_len};
	size_t first = join_first_place(j, wanted);
	if (first == j->place_count)
		return JOIN_UNMATCHED;
	/* Remembered even after the line is freed: a key that comes twice is an error whenever
	 * it comes. */
	if (j->places[first].came)
		return JOIN_TWICE;
	j->places[first].came = true;
	struct join_line *l = join_new_line(line, len, escaped);
	if (!l) {
		error_set(why, "out of memory");
		return JOIN_FAILED;
	}
	size_t end = first;
	for (; end < j->place_count && join_compare_keys(j->places[end].key, wanted) == 0; end++) {
		const struct join_place *p = &j->places[end];
		j->held[p->row * j->parts + p->part] = l;
		j->touched[p->row] = true;
		l->rows++;
	}
	/* Two passes: a row that has the key in two parts must hold it in both before it is
	 * looked at. */
	enum join_status status = JOIN_OK;
	for (size_t i = first; i < end && status == JOIN_OK; i++) {
		/* A row that names the key in several parts comes several times in a row. */
		if (i + 1 < end && j->places[i + 1].row == j->places[i].row)
			continue;
		if (join_row(j, j->places[i].row, complete, context) != 0)
			status = JOIN_FAILED;
	}
	join_release(l);
	return status;
}

const struct join_line *
join_left_over(struct join *j, size_t *place, size_t *row, size_t *part)
{
	for (; *place < j->place_count; ++*place) {
		const struct join_place *p = &j->places[*place];
		struct join_line **lines = &j->held[p->row * j->parts];
		struct join_line *l = lines[p->part];
		/* A line that served one row was no loss, though another row that names it never
		 * came together. */
		if (!l || l->used || l->named)
			continue;
		l->named = true;
		*row = p->row;
		/* It ends: a row that lacks no part was handed on, and holds nothing now. */
		for (*part = 0; lines[*part]; ++*part)
			;
		return l;
	}
	return NULL;
}

size_t
join_untouched(const struct join *j)
{
	size_t count = 0;
	for (size_t row = 0; row < j->table->rows; row++)
		count += !j->touched[row];
	return count;
}

int
join_fields(const struct join_line *line, const char *prefix, struct buf *out)
{
	const char *at = line->text + line->key_len, *end = line->text + line->len;
	size_t prefix_len = strlen(prefix);
	bool in_names = false;
	/* Names are not escaped, hold no tab, and end at the first '='. A comma always separates
	 * two: none stands within {a..b}. */
	for (const char *from = at; at < end; from = at) {
		bool begins = *at == '\t' || (in_names && *at == ',');
		if (begins)
			in_names = true;
		else if (*at == '=')
			in_names = false;
		at++;
		while (!begins && at < end && *at != '\t' && *at != '=' && *at != ',')
			at++;
		if (buf_add(out, from, (size_t)(at - from)) != 0 ||
		    (begins && buf_add(out, prefix, prefix_len) != 0))
			return -1;
	}
	return 0;
}

void
join_free(struct join *j)
{
	for (size_t i = 0; j->held && i < j->table->rows * j->parts; i++) {
		if (j->held[i])
			join_release(j->held[i]);
	}
	free(j->held);
	free(j->touched);
	free(j->places);
	*j = (struct join){0};
}
