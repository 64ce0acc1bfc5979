#include "tensor/safetensors.h"

#include "tensor/json.h"
#include "tensor/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "dtype", "shape" and "data_offsets" of a tensor, each once, in any order; others are skipped,
 * as the reference does. */
enum field { FIELD_DTYPE = 1, FIELD_SHAPE = 2, FIELD_OFFSETS = 4, FIELD_ALL = 7 };

static bool
read_shape(struct json *j, struct buf *numbers, unsigned *rank)
{
	if (!json_mark(j, '['))
		return false;
	*rank = 0;
	if (json_maybe(j, ']'))
		return true;
	do {
		uint64_t n;
		if (!json_number(j, &n))
			return false;
		if (buf_add(numbers, &n, sizeof n) != 0) {
			j->why = "out of memory";
			return false;
		}
		++*rank;
	} while (json_maybe(j, ','));
	return json_mark(j, ']');
}

static bool
read_field(struct json *j, struct safetensors *s, struct tensor *t, unsigned *seen)
{
	static const struct {
		const char *name;
		enum field field;
	} fields[] = {
	    {"dtype", FIELD_DTYPE}, {"shape", FIELD_SHAPE}, {"data_offsets", FIELD_OFFSETS}};
	const char *text;
	size_t len;
	unsigned field = 0;
	if (!json_string(j, &s->text, &text, &len) || !json_mark(j, ':'))
		return false;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strcmp(fields[i].name, text) == 0)
			field = fields[i].field;
	}
	if (*seen & field) {
		j->why = "a field comes twice";
		return false;
	}
	*seen |= field;
	if (field == FIELD_DTYPE) {
		if (!json_string(j, &s->text, &text, &len))
			return false;
		t->dtype = dtype_find(text, len);
		j->why = "unknown dtype";
		return t->dtype != DTYPE_COUNT;
	}
	if (field == FIELD_SHAPE)
		return read_shape(j, &s->numbers, &t->rank);
	if (field == FIELD_OFFSETS)
		return json_mark(j, '[') && json_number(j, &t->begin) && json_mark(j, ',') &&
		       json_number(j, &t->end) && json_mark(j, ']');
	return json_skip(j, &s->text);
}

static bool
read_tensor(struct json *j, struct safetensors *s, const char *name)
{
	struct tensor t = {.name = name};
	unsigned seen = 0;
	if (!json_mark(j, '{'))
		return false;
	do {
		if (!read_field(j, s, &t, &seen))
			return false;
	} while (json_maybe(j, ','));
	if (!json_mark(j, '}'))
		return false;
	if (seen != FIELD_ALL) {
		j->why = "a tensor lacks dtype, shape or data_offsets";
		return false;
	}
	if (buf_add(&s->tensor_array, &t, sizeof t) != 0) {
		j->why = "out of memory";
		return false;
	}
	return true;
}

static bool
read_metadata(struct json *j, struct safetensors *s)
{
	size_t len;
	if (!json_mark(j, '{'))
		return false;
	if (json_maybe(j, '}'))
		return true;
	do {
		struct metadata m;
		if (!json_string(j, &s->text, &m.key, &len) || !json_mark(j, ':') ||
		    !json_string(j, &s->text, &m.value, &len))
			return false;
		if (buf_add(&s->metadata_array, &m, sizeof m) != 0) {
			j->why = "out of memory";
			return false;
		}
	} while (json_maybe(j, ','));
	return json_mark(j, '}');
}

static bool
read_header(struct json *j, struct safetensors *s)
{
	const char *name;
	size_t len;
	bool metadata = false;
	if (j->at == j->end || *j->at != '{') {
		j->why = "it does not begin with '{'";
		return false;
	}
	j->at++;
	if (!json_maybe(j, '}')) {
		do {
			if (!json_string(j, &s->text, &name, &len) || !json_mark(j, ':'))
				return false;
			bool special = strcmp(name, "__metadata__") == 0;
			if (special && metadata) {
				j->why = "__metadata__ comes twice";
				return false;
			}
			metadata |= special;
			if (special ? !read_metadata(j, s) : !read_tensor(j, s, name))
				return false;
		} while (json_maybe(j, ','));
		if (!json_mark(j, '}'))
			return false;
	}
	while (j->at < j->end && *j->at == ' ')
		j->at++;
	j->why = "something other than spaces follows it";
	return j->at == j->end;
}

static int
by_offset(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* Points shapes at their numbers, now that these stay where they are, and sorts by offset. */
static void
link_shapes(struct safetensors *s)
{
	s->tensors = (struct tensor *)(void *)s->tensor_array.data;
	s->count = s->tensor_array.len / sizeof *s->tensors;
	s->metadata = (struct metadata *)(void *)s->metadata_array.data;
	s->metadata_count = s->metadata_array.len / sizeof *s->metadata;
	const uint64_t *shape = (const uint64_t *)(void *)s->numbers.data;
	bool sorted = true;
	for (size_t i = 0; i < s->count; i++) {
		s->tensors[i].shape = shape;
		shape += s->tensors[i].rank;
		sorted &= i == 0 || by_offset(&s->tensors[i - 1], &s->tensors[i]) <= 0;
	}
	if (!sorted)
		qsort(s->tensors, s->count, sizeof *s->tensors, by_offset);
}

static int
check_unique(struct safetensors *s, struct error *why)
{
	size_t most = s->count > s->metadata_count ? s->count : s->metadata_count;
	s->sorted.len = 0;
	if (buf_try_reserve(&s->sorted, most * sizeof(char *)) != 0)
		return error_set(why, "out of memory");
	const char **names = (const char **)(void *)s->sorted.data;
	for (size_t i = 0; i < s->count; i++)
		names[i] = s->tensors[i].name;
	if (s->count > 0 && names_check_unique(names, s->count, why) != 0)
		return -1;
	for (size_t i = 0; i < s->metadata_count; i++)
		names[i] = s->metadata[i].key;
	return s->metadata_count > 0 ? names_check_unique(names, s->metadata_count, why) : 0;
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
		return error_set(why, "the tensors take %" PRIu64 " bytes, the blob holds %" PRIu64,
		    at, data_len);
	return 0;
}

int
safetensors_parse(const char *text, size_t header_len, uint64_t blob_len, struct safetensors *s,
    struct error *why)
{
	struct json j = {.at = text, .end = text + header_len};
	s->text.len = s->numbers.len = s->tensor_array.len = s->metadata_array.len = 0;
	s->count = s->metadata_count = 0;
	if (blob_len < SAFETENSORS_PREFIX || header_len > blob_len - SAFETENSORS_PREFIX)
		return error_set(why, "not a safetensors blob: the header is longer than the blob");
	/* A decoded string and its NUL never take more than the JSON with its quotes. */
	if (buf_try_reserve(&s->text, header_len) != 0 || buf_try_reserve(&s->numbers, 1) != 0)
		return error_set(why, "out of memory");
	if (!read_header(&j, s))
		return error_set(why, "bad safetensors header: byte %td: %s", j.at - text, j.why);
	link_shapes(s);
	if (check_unique(s, why) != 0)
		return -1;
	return check_offsets(s, blob_len - SAFETENSORS_PREFIX - header_len, why);
}
