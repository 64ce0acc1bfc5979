#include "tensor/safetensors.h"

#include "tensor/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where the specification leaves a choice, headers are read as the reference library (0.8) reads
 * them: it parses them with serde_json into maps and structures of Rust. */

static bool
read_shape(struct json *j, struct safetensors *s, struct tensor *t)
{
	uint64_t n;
	if (!json_mark(j, '['))
		return false;
	t->rank = 0;
	if (json_maybe(j, ']'))
		return true;
	do {
		if (!json_number(j, &n))
			return false;
		buf_add(&s->numbers, &n, sizeof n);
		t->rank++;
	} while (json_maybe(j, ','));
	return json_mark(j, ']');
}

/* "U8", or {"U8": null}: a variant of an enumeration without data. */
static bool
read_dtype(struct json *j, struct tensor *t)
{
	const char *name;
	bool object = json_maybe(j, '{');
	if (!json_string(j, &name))
		return false;
	if (object && (!json_mark(j, ':') || !json_null(j) || !json_mark(j, '}')))
		return false;
	t->dtype = dtype_find(name, strlen(name));
	j->why = "unknown dtype";
	return t->dtype != DTYPE_COUNT;
}

static bool
read_offsets(struct json *j, struct tensor *t)
{
	return json_mark(j, '[') && json_number(j, &t->begin) && json_mark(j, ',') &&
	       json_number(j, &t->end) && json_mark(j, ']');
}

/* The fields of a tensor, each once, in any order; others are skipped. */
static bool
read_fields(struct json *j, struct safetensors *s, struct tensor *t)
{
	static const char *const fields[] = {"dtype", "shape", "data_offsets"};
	enum { FIELDS = 3 };
	unsigned seen = 0;
	do {
		const char *name;
		unsigned field = 0;
		if (!json_string(j, &name) || !json_mark(j, ':'))
			return false;
		while (field < FIELDS && strcmp(fields[field], name) != 0)
			field++;
		j->why = "duplicate field";
		if (field < FIELDS && seen & 1U << field)
			return false;
		seen |= 1U << field;
		if (field == 0   ? !read_dtype(j, t)
		    : field == 1 ? !read_shape(j, s, t)
		    : field == 2 ? !read_offsets(j, t)
		                 : !json_skip(j))
			return false;
	} while (json_maybe(j, ','));
	j->why = "a tensor lacks dtype, shape or data_offsets";
	return (seen & 7) == 7 && json_mark(j, '}');
}

static bool
read_tensor(struct json *j, struct safetensors *s, const char *name)
{
	struct tensor t = {.name = name};
	/* Structures may also be arrays of their fields. */
	bool fine = json_maybe(j, '[')
	                ? read_dtype(j, &t) && json_mark(j, ',') && read_shape(j, s, &t) &&
	                      json_mark(j, ',') && read_offsets(j, &t) && json_mark(j, ']')
	                : json_mark(j, '{') && read_fields(j, s, &t);
	if (fine)
		buf_add(&s->tensor_array, &t, sizeof t);
	return fine;
}

static bool
read_metadata(struct json *j, struct safetensors *s)
{
	struct metadata m;
	if (json_null(j))
		return true;
	if (!json_mark(j, '{'))
		return false;
	if (json_maybe(j, '}'))
		return true;
	do {
		if (!json_string(j, &m.key) || !json_mark(j, ':') || !json_string(j, &m.value))
			return false;
		buf_add(&s->metadata_array, &m, sizeof m);
	} while (json_maybe(j, ','));
	return json_mark(j, '}');
}

static bool
read_entries(struct json *j, struct safetensors *s)
{
	const char *name;
	bool metadata = false;
	do {
		if (!json_string(j, &name) || !json_mark(j, ':'))
			return false;
		bool special = strcmp(name, "__metadata__") == 0;
		j->why = "duplicate __metadata__";
		if (special && metadata)
			return false;
		metadata |= special;
		if (special ? !read_metadata(j, s) : !read_tensor(j, s, name))
			return false;
	} while (json_maybe(j, ','));
	return json_mark(j, '}');
}

static bool
read_header(struct json *j, struct safetensors *s)
{
	if (!json_mark(j, '{') || (!json_maybe(j, '}') && !read_entries(j, s)))
		return false;
	json_space(j);
	j->why = "text after the last '}'";
	return j->at == j->end;
}

/* ---- what was read ---- */

/* Tensors and metadata both begin with their name. */
static const char **
name_of(const void *element)
{
	return (const char **)(uintptr_t)element;
}

/* By name, then by place. */
static int
compare_names(const void *a, const void *b)
{
	const void *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = strcmp(*name_of(x), *name_of(y));
	return order != 0 ? order : (x > y) - (x < y);
}

/* Of elements of one name only the last one stays, as in a map. */
static void
drop_duplicates(struct buf *array, size_t size, struct buf *sorted)
{
	size_t count = array->len / size;
	sorted->len = 0;
	buf_reserve(sorted, count * sizeof(void *) + 1);
	const void **elements = (const void **)(void *)sorted->data;
	for (size_t i = 0; i < count; i++)
		elements[i] = array->data + i * size;
	qsort(elements, count, sizeof *elements, compare_names);
	for (size_t i = 0; i + 1 < count; i++) {
		if (strcmp(*name_of(elements[i]), *name_of(elements[i + 1])) == 0)
			*name_of(elements[i]) = NULL;
	}
	array->len = 0;
	for (size_t i = 0; i < count; i++) {
		const char *element = array->data + i * size;
		if (*name_of(element)) {
			memmove(array->data + array->len, element, size);
			array->len += size;
		}
	}
}

static int
by_offset(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* Points shapes at their numbers, which stay where they are now, and sorts tensors by offset. */
static void
finish(struct safetensors *s)
{
	const uint64_t *shape = (const uint64_t *)(void *)s->numbers.data;
	s->tensors = (struct tensor *)(void *)s->tensor_array.data;
	s->count = s->tensor_array.len / sizeof *s->tensors;
	for (size_t i = 0; i < s->count; i++) {
		s->tensors[i].shape = shape;
		shape += s->tensors[i].rank;
	}
	drop_duplicates(&s->tensor_array, sizeof *s->tensors, &s->sorted);
	drop_duplicates(&s->metadata_array, sizeof *s->metadata, &s->sorted);
	s->count = s->tensor_array.len / sizeof *s->tensors;
	s->metadata = (struct metadata *)(void *)s->metadata_array.data;
	s->metadata_count = s->metadata_array.len / sizeof *s->metadata;
	/* Headers of the reference are sorted already. */
	bool sorted = true;
	for (size_t i = 1; i < s->count && sorted; i++)
		sorted = by_offset(&s->tensors[i - 1], &s->tensors[i]) <= 0;
	if (!sorted)
		qsort(s->tensors, s->count, sizeof *s->tensors, by_offset);
}

static int
check_offsets(const struct safetensors *s, uint64_t data_len, struct error *why)
{
	uint64_t at = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct tensor *t = &s->tensors[i];
		uint64_t bytes;
		if (t->begin != at || t->end < t->begin)
			return error_set(
			    why, "tensor '%s': data_offsets leave a hole or overlap", t->name);
		if (tensor_bytes(t, &bytes) != 0 || bytes != t->end - t->begin)
			return error_set(
			    why, "tensor '%s': data_offsets do not fit shape and dtype", t->name);
		at = t->end;
	}
	if (at != data_len)
		return error_set(why,
		    "the tensors have %" PRIu64 " bytes, but the blob contains %" PRIu64, at,
		    data_len);
	return 0;
}

int
safetensors_parse(const char *text, size_t header_len, uint64_t blob_len, struct safetensors *s,
    struct error *why)
{
	struct json j = {.at = text, .end = text + header_len, .text = &s->text};
	s->text.len = s->numbers.len = s->tensor_array.len = s->metadata_array.len = 0;
	s->count = s->metadata_count = 0;
	if (blob_len < SAFETENSORS_PREFIX || header_len > blob_len - SAFETENSORS_PREFIX)
		return error_set(why, "not a safetensors blob: the header is longer than the blob");
	/* Decoded strings, each with a NUL, are never longer than the JSON with its quotes. */
	if (buf_try_reserve(&s->text, header_len + 1) != 0)
		return error_set(why, "out of memory: the header has %zu bytes", header_len);
	buf_reserve(&s->numbers, 1);
	if (!read_header(&j, s))
		return error_set(why, "bad safetensors header: byte %td: %s", j.at - text, j.why);
	finish(s);
	return check_offsets(s, blob_len - SAFETENSORS_PREFIX - header_len, why);
}
