#include "join/parts.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* A part of a row that has a key. */
struct join_place {
	const char *key;
	uint32_t slot; /* in `held` */
	bool seen;     /* of a key's first place: a line of that key was read */
};

static int
compare_places(const void *a, const void *b)
{
	const struct join_place *x = a, *y = b;
	int order = strcmp(x->key, y->key);
	return order != 0 ? order : (x->slot > y->slot) - (x->slot < y->slot);
}

int
join_start(struct join *j, const struct table *table, const size_t *columns, size_t parts,
    struct error *why)
{
	*j = (struct join){.table = table, .columns = columns, .parts = parts};
	if (table->rows > UINT32_MAX / parts)
		return error_set(why, "too many rows");
	size_t slots = table->rows * parts;
	j->places = xreallocarray(NULL, slots, sizeof *j->places);
	j->held = xcalloc(slots, sizeof *j->held);
	for (size_t slot = 0; slot < slots; slot++) {
		const char *key = table_field(table, slot / parts, columns[slot % parts]);
		/* No key is empty: such a row never becomes complete. */
		if (*key)
			j->places[j->place_count++] = (struct join_place){
			    key, (uint32_t)slot, false};
	}
	/* Sorted rather than hashed: the rows that share a key are neighbours. */
	qsort(j->places, j->place_count, sizeof *j->places, compare_places);
	return 0;
}

/* The first place of a key, or place_count. */
static size_t
first_place(const struct join *j, const char *key)
{
	size_t from = 0, to = j->place_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(j->places[middle].key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < j->place_count && strcmp(j->places[from].key, key) == 0 ? from
	                                                                      : j->place_count;
}

static void
join_release(struct join_line *line)
{
	if (--line->rows == 0)
		free(line);
}

/* Passes a row on if all of its parts are there, and releases them. */
static void
pass_row(struct join *j, size_t row, join_complete *complete, void *context)
{
	struct join_line **lines = &j->held[row * j->parts];
	for (size_t part = 0; part < j->parts; part++) {
		if (!lines[part])
			return;
	}
	complete(context, row, lines);
	for (size_t part = 0; part < j->parts; part++) {
		lines[part]->done = true;
		join_release(lines[part]);
		lines[part] = NULL;
	}
}

enum join_status
join_add(struct join *j, const char *key, const char *line, size_t len, size_t escaped,
    join_complete *complete, void *context)
{
	size_t first = first_place(j, key), end = first;
	if (first == j->place_count)
		return JOIN_UNMATCHED;
	if (j->places[first].seen)
		return JOIN_DUPLICATE;
	j->places[first].seen = true;
	/* One of `rows` is for this function: a row that is complete at once must not free it. */
	struct join_line *l = xmalloc(sizeof *l + len);
	*l = (struct join_line){.rows = 1, .key_len = escaped, .len = len};
	memcpy(l->text, line, len);
	for (; end < j->place_count && strcmp(j->places[end].key, key) == 0; end++) {
		j->held[j->places[end].slot] = l;
		l->rows++;
	}
	/* A second pass: a row that has the key in two parts must hold it in both before. */
	for (size_t i = first; i < end; i++) {
		size_t row = j->places[i].slot / j->parts;
		if (i + 1 == end || j->places[i + 1].slot / j->parts != row)
			pass_row(j, row, complete, context);
	}
	join_release(l);
	return JOIN_OK;
}

const struct join_line *
join_left_over(struct join *j, size_t *place, size_t *row, size_t *part)
{
	for (; *place < j->place_count; ++*place) {
		struct join_line *l = j->held[j->places[*place].slot];
		/* A line that is in one complete row is not lost, though another row waits. */
		if (!l || l->done)
			continue;
		l->done = true;
		*row = j->places[*place].slot / j->parts;
		/* This ends: a row that lacks no part was passed on, and holds nothing. */
		for (*part = 0; j->held[*row * j->parts + *part]; ++*part)
			;
		return l;
	}
	return NULL;
}

void
join_fields(const struct join_line *line, const char *prefix, struct buf *out)
{
	const char *at = line->text + line->key_len, *end = line->text + line->len;
	bool in_names = false;
	/* Names are not escaped, contain no tab, and end at the first '='. A comma always separates
	 * two: none is inside of {a..b}. */
	for (const char *from = at; at < end; from = at) {
		bool begins = *at == '\t' || (in_names && *at == ',');
		if (begins)
			in_names = true;
		else if (*at == '=')
			in_names = false;
		at++;
		while (!begins && at < end && *at != '\t' && *at != '=' && *at != ',')
			at++;
		buf_add(out, from, (size_t)(at - from));
		if (begins)
			buf_add(out, prefix, strlen(prefix));
	}
}
