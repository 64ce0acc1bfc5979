#include "tensor/difference.h"

#include "base/decimal.h"
#include "tensor/elements.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* Appends to a text of DIFFERENCE_TEXT bytes, cut to fit. */
__attribute__((format(printf, 2, 3))) static void
difference_add(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list ap;
	va_start(ap, format);
	vsnprintf(text + len, DIFFERENCE_TEXT - len, format, ap);
	va_end(ap);
}

/* "U16 120x120" */
static void
describe(char *text, const struct tensor *t)
{
	*text = '\0';
	if (!t) {
		difference_add(text, "none");
		return;
	}
	difference_add(text, t->rank == 0 ? "%s -" : "%s ", dtype_name(t->dtype));
	for (unsigned i = 0; i < t->rank; i++)
		difference_add(text, i > 0 ? "x%" PRIu64 : "%" PRIu64, t->shape[i]);
}

/* "3,7" */
static void
describe_index(char *text, const struct tensor *t, uint64_t element)
{
	uint64_t block = 1;
	*text = '\0';
	for (unsigned i = 0; i < t->rank; i++)
		block *= t->shape[i];
	for (unsigned i = 0; i < t->rank; i++) {
		block /= t->shape[i];
		difference_add(text, i > 0 ? ",%" PRIu64 : "%" PRIu64, element / block);
		element %= block;
	}
	if (t->rank == 0)
		difference_add(text, "-");
}

static void
describe_float(char *text, enum dtype dtype, const char *data, size_t i)
{
	char number[DECIMAL_SIZE];
	double v;
	elements_read(dtype, data, i, 1, &v);
	if (dtype == DTYPE_F64 || dtype_is_signed(dtype) || dtype_is_unsigned(dtype))
		decimal_text(number, v, DECIMAL_DOUBLE);
	else
		decimal_text(number, v, DECIMAL_FLOAT);
	difference_add(text, "%s", number);
}

static void
describe_element(char *text, enum dtype dtype, const char *data, size_t i)
{
	*text = '\0';
	if (dtype_size(dtype) == 0) { /* the byte that holds it */
		const unsigned char *p = (const unsigned char *)data;
		difference_add(text, "0x%02x", p[i * dtype_bits(dtype) / 8]);
	} else if (dtype == DTYPE_U64) {
		difference_add(text, "%" PRIu64, elements_bits64(data, i));
	} else if (dtype == DTYPE_I64) {
		difference_add(text, "%" PRId64, (int64_t)elements_bits64(data, i));
	} else if (dtype == DTYPE_C64) {
		describe_float(text, DTYPE_F32, data, 2 * i);
		difference_add(text, ",");
		describe_float(text, DTYPE_F32, data, 2 * i + 1);
	} else {
		describe_float(text, dtype, data, i);
	}
}

/* NaNs of different bits look the same as numbers. */
static void
add_bits(char *text, enum dtype dtype, const char *data, size_t i)
{
	const unsigned char *p = (const unsigned char *)data + i * dtype_size(dtype);
	difference_add(text, " (0x");
	for (size_t byte = dtype_size(dtype); byte > 0; byte--)
		difference_add(text, "%02x", p[byte - 1]);
	difference_add(text, ")");
}

/* ---- where ---- */

static size_t
first_difference(const char *a, const char *b)
{
	size_t i = 0;
	while (a[i] == b[i])
		i++;
	return i;
}

/* The data of tensors of one dtype and shape; whether it differs. */
static bool
compare_data(const struct tensor *t, const char *value, const char *stored, struct difference *d)
{
	if (memcmp(value, stored, (size_t)(t->end - t->begin)) == 0)
		return false;
	size_t i = first_difference(value, stored) * 8 / dtype_bits(t->dtype);
	d->tensor = t->name;
	describe_index(d->index, t, i);
	describe_element(d->value, t->dtype, value, i);
	describe_element(d->stored, t->dtype, stored, i);
	if (strcmp(d->value, d->stored) == 0) {
		add_bits(d->value, t->dtype, value, i);
		add_bits(d->stored, t->dtype, stored, i);
	}
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	const struct tensor *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static void
sort_by_name(struct difference_header *h)
{
	h->by_name.len = 0;
	buf_reserve(&h->by_name, h->blob.count * sizeof(struct tensor *) + 1);
	const struct tensor **tensors = (const struct tensor **)(void *)h->by_name.data;
	for (size_t i = 0; i < h->blob.count; i++)
		tensors[i] = &h->blob.tensors[i];
	qsort(tensors, h->blob.count, sizeof *tensors, compare_names);
}

static const struct tensor *
difference_tensor(const struct difference_header *h, const char *name)
{
	const struct tensor wanted = {.name = name}, *key = &wanted;
	const struct tensor **found = bsearch(
	    &key, h->by_name.data, h->blob.count, sizeof key, compare_names);
	return found ? *found : NULL;
}

static bool
same_kind(const struct tensor *a, const struct tensor *b)
{
	return a && b && a->dtype == b->dtype && a->rank == b->rank &&
	       memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

/* Tensors of `a` that `b` does not have, or not of that dtype and shape. */
static const struct tensor *
other_kind(const struct difference_header *a, const struct difference_header *b)
{
	for (size_t i = 0; i < a->blob.count; i++) {
		const struct tensor *t = &a->blob.tensors[i];
		if (!same_kind(t, difference_tensor(b, t->name)))
			return t;
	}
	return NULL;
}

/* Reads the header of a blob; *data is where its tensors begin. */
static int
read_header(const char *which, struct difference_header *h, const char *blob, size_t blob_len,
    const char **data, struct error *why)
{
	size_t len;
	if (blob_len < SAFETENSORS_PREFIX)
		return error_set(
		    why, "the %s is not a safetensors blob: %zu bytes", which, blob_len);
	if (safetensors_header_len((const unsigned char *)blob, blob_len, &len, why) != 0 ||
	    safetensors_parse(blob + SAFETENSORS_PREFIX, len, blob_len, &h->blob, why) != 0)
		return error_prefix(why, "the %s", which);
	*data = blob + SAFETENSORS_PREFIX + len;
	sort_by_name(h);
	return 0;
}

int
difference_find(struct difference_headers *h, const struct buf *value, const void *stored,
    size_t stored_len, struct difference *d, struct error *why)
{
	const char *value_data = value->data, *stored_data = stored;
	if (read_header("record", &h->value, value->data, value->len, &value_data, why) != 0 ||
	    read_header("stored value", &h->stored, stored, stored_len, &stored_data, why) != 0)
		return -1;
	*d = (struct difference){.index = "-"};
	const struct tensor *t = other_kind(&h->value, &h->stored);
	if (!t)
		t = other_kind(&h->stored, &h->value);
	if (t) {
		d->tensor = t->name;
		describe(d->value, difference_tensor(&h->value, t->name));
		describe(d->stored, difference_tensor(&h->stored, t->name));
		return 0;
	}
	for (size_t i = 0; i < h->value.blob.count; i++) {
		t = &h->value.blob.tensors[i];
		const struct tensor *there = difference_tensor(&h->stored, t->name);
		if (there && compare_data(t, value_data + t->begin, stored_data + there->begin, d))
			return 0;
	}
	difference_add(d->value, "%zu bytes of header", (size_t)(value_data - value->data));
	difference_add(
	    d->stored, "%zu bytes of header", (size_t)(stored_data - (const char *)stored));
	return 0;
}

void
difference_free(struct difference_headers *h)
{
	safetensors_free(&h->value.blob);
	safetensors_free(&h->stored.blob);
	buf_free(&h->value.by_name);
	buf_free(&h->stored.by_name);
}
