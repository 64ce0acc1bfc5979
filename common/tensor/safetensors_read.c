#include "tensor/safetensors.h"

#include "tensor/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where the specification leaves a choice, headers are read as the reference library (0.8) reads
 * them: it parses them with serde_json into maps and structures of Rust. */

static void
read_shape(struct json *j, struct safetensors *s, struct tensor *t)
{
	t->rank = 0;
	for (bool more = json_first(j, "[]"); more; more = json_next(j, "[]")) {
		uint64_t n = json_number(j);
		buf_add(&s->numbers, &n, sizeof n);
		t->rank++;
	}
}

/* "U8", or {"U8": null}: a variant of an enumeration without data. */
static void
read_dtype(struct json *j, struct tensor *t)
{
	bool object = json_maybe(j, '{');
	const char *name = json_string(j);
	t->dtype = dtype_find(name, strlen(name));
	if (t->dtype == DTYPE_COUNT)
		json_fail(j, "unknown dtype");
	if (!object)
		return;
	json_mark(j, ':');
	if (!json_word(j, "null"))
		json_fail(j, "null expected");
	json_mark(j, '}');
}

static void
read_offsets(struct json *j, struct tensor *t)
{
	json_mark(j, '[');
	t->begin = json_number(j);
	json_mark(j, ',');
	t->end = json_number(j);
	json_mark(j, ']');
}

/* One field of a tensor, which has each once; others are skipped. */
static void
read_field(struct json *j, struct safetensors *s, struct tensor *t, unsigned *seen)
{
	static const char *const fields[] = {"dtype", "shape", "data_offsets"};
	enum { FIELDS = 3 };
	const char *name = json_name(j);
	unsigned field = 0;
	while (field < FIELDS && strcmp(fields[field], name) != 0)
		field++;
	if (field < FIELDS && *seen & 1U << field)
		json_fail(j, "duplicate field");
	*seen |= 1U << field;
	if (field == 0)
		read_dtype(j, t);
	else if (field == 1)
		read_shape(j, s, t);
	else if (field == 2)
		read_offsets(j, t);
	else
		json_skip(j);
}

static void
read_tensor(struct json *j, struct safetensors *s, const char *name)
{
	struct tensor t = {.name = name};
	unsigned seen = 0;
	/* Structures may also be arrays of their fields. */
	if (json_maybe(j, '[')) {
		read_dtype(j, &t);
		json_mark(j, ',');
		read_shape(j, s, &t);
		json_mark(j, ',');
		read_offsets(j, &t);
		json_mark(j, ']');
	} else {
		for (bool more = json_first(j, "{}"); more; more = json_next(j, "{}"))
			read_field(j, s, &t, &seen);
		if ((seen & 7) != 7)
			json_fail(j, "a tensor lacks dtype, shape or data_offsets");
	}
	buf_add(&s->tensor_array, &t, sizeof t);
}

static void
read_metadata(struct json *j, struct safetensors *s)
{
	if (json_word(j, "null"))
		return;
	for (bool more = json_first(j, "{}"); more; more = json_next(j, "{}")) {
		struct metadata m = {.key = json_name(j)};
		m.value = json_string(j);
		buf_add(&s->metadata_array, &m, sizeof m);
	}
}

static void
read_header(struct json *j, struct safetensors *s)
{
	bool metadata = false;
	for (bool more = json_first(j, "{}"); more; more = json_next(j, "{}")) {
		const char *name = json_name(j);
		if (strcmp(name, "__metadata__") != 0) {
			read_tensor(j, s, name);
			continue;
		}
		if (metadata)
			json_fail(j, "duplicate __metadata__");
		metadata = true;
		read_metadata(j, s);
	}
	json_end(j);
}

/* ---- what was read ---- */

/* Tensors and metadata both begin with their name. */
static const char *
name_of(const void *element)
{
	return *(const char *const *)element;
}

/* By name, then by place: the names lie in one text, in the order in which they were read. */
static int
compare_names(const void *a, const void *b)
{
	const char *x = name_of(a), *y = name_of(b);
	int order = strcmp(x, y);
	return order != 0 ? order : (x > y) - (x < y);
}

/* Sorts elements by name; of one name only the last one stays, as in a map. Returns how many. */
static size_t
drop_duplicates(struct buf *array, size_t size)
{
	size_t count = array->len / size, kept = 0;
	char *p = array->data;
	if (count > 0)
		qsort(p, count, size, compare_names);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 == count || strcmp(name_of(p + i * size), name_of(p + (i + 1) * size)))
			memmove(p + kept++ * size, p + i * size, size);
	}
	return kept;
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
	s->count = drop_duplicates(&s->tensor_array, sizeof *s->tensors);
	if (s->count > 0)
		qsort(s->tensors, s->count, sizeof *s->tensors, by_offset);
	s->metadata = (struct metadata *)(void *)s->metadata_array.data;
	s->metadata_count = drop_duplicates(&s->metadata_array, sizeof *s->metadata);
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
	/* Decoded strings, each with a NUL, are never longer than the JSON with its quotes. */
	if (buf_try_reserve(&s->text, header_len + 1) != 0)
		return error_set(why, "out of memory: the header has %zu bytes", header_len);
	buf_reserve(&s->numbers, 1);
	read_header(&j, s);
	if (j.why)
		return error_set(why, "bad safetensors header: byte %td: %s", j.at - text, j.why);
	finish(s);
	return check_offsets(s, blob_len - SAFETENSORS_PREFIX - header_len, why);
}

/* ---- stacks ---- */

/* The names of a stack's bands, or NULL if the tensor is not a stack. */
static const char *
stack_names(const struct safetensors *blob, const struct tensor *t)
{
	if (t->rank != 3 || dtype_kind(t->dtype) == '-')
		return NULL;
	for (size_t i = 0; i < blob->metadata_count; i++) {
		const struct metadata *m = &blob->metadata[i];
		if (strcmp(m->key, t->name) != 0)
			continue;
		/* A list of another length has another meaning: others use metadata, too. */
		uint64_t names = 1;
		for (const char *c = strchr(m->value, ','); c; c = strchr(c + 1, ','))
			names++;
		return names == t->shape[0] ? m->value : NULL;
	}
	return NULL;
}

/* Appends the bands of a stack. There is room for their names, so that they stay. */
static void
add_bands(struct unstack *u, const struct tensor *stack, const char *list)
{
	uint64_t size = (stack->end - stack->begin) / stack->shape[0];
	char *name = u->names.data + u->names.len;
	buf_add(&u->names, list, strlen(list) + 1);
	for (uint64_t i = 0; i < stack->shape[0]; i++) {
		struct tensor band = {.name = name,
		    .dtype = stack->dtype,
		    .rank = 2,
		    .shape = stack->shape + 1,
		    .begin = stack->begin + i * size,
		    .end = stack->begin + (i + 1) * size};
		buf_add(&u->memory, &band, sizeof band);
		char *comma = strchr(name, ',');
		if (comma) {
			*comma = '\0';
			name = comma + 1;
		}
	}
}

void
unstack(struct unstack *u, const struct safetensors *blob)
{
	size_t room = 1;
	/* All at once, as names must not move. */
	for (size_t i = 0; i < blob->metadata_count; i++)
		room += strlen(blob->metadata[i].value) + 1;
	u->memory.len = u->names.len = 0;
	buf_reserve(&u->names, room);
	buf_reserve(&u->memory, 1);
	for (size_t i = 0; i < blob->count; i++) {
		const struct tensor *t = &blob->tensors[i];
		const char *list = stack_names(blob, t);
		if (list)
			add_bands(u, t, list);
		else
			buf_add(&u->memory, t, sizeof *t);
	}
	u->tensors = (const struct tensor *)(const void *)u->memory.data;
	u->count = u->memory.len / sizeof *u->tensors;
}
