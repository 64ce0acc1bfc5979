#include "tensor/difference.h"

#include "base/bytes.h"
#include "base/number.h"
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
describe_element(char *text, enum dtype dtype, const char *data, size_t i)
{
	const unsigned char *p = (const unsigned char *)data + i * dtype_bits(dtype) / 8;
	bool is_double = dtype_kind(dtype) != 'f' || dtype == DTYPE_F64;
	double v;
	if (dtype_kind(dtype) == '-') { /* the byte that holds it */
		snprintf(text, DIFFERENCE_TEXT, "0x%02x", *p);
		return;
	}
	elements_read(dtype, data, i, 1, &v);
	decimal_text(text, v, is_double ? DECIMAL_DOUBLE : DECIMAL_FLOAT);
}

/* NaNs look the same as numbers, as do complex numbers of one magnitude and huge integers. */
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

/* The data of tensors of one dtype and shape; whether it differs. */
static bool
compare_data(const struct tensor *t, const char *value, const char *stored, struct difference *d)
{
	size_t i = 0;
	if (memcmp(value, stored, (size_t)(t->end - t->begin)) == 0)
		return false;
	while (value[i] == stored[i])
		i++;
	i = i * 8 / dtype_bits(t->dtype);
	difference_add(d->tensor, "%s", t->name);
	describe_index(d->index, t, i);
	describe_element(d->value, t->dtype, value, i);
	describe_element(d->stored, t->dtype, stored, i);
	if (strcmp(d->value, d->stored) == 0) {
		add_bits(d->value, t->dtype, value, i);
		add_bits(d->stored, t->dtype, stored, i);
	}
	return true;
}

static bool
same_kind(const struct tensor *a, const struct tensor *b)
{
	return a && b && a->dtype == b->dtype && a->rank == b->rank &&
	       memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

/* The first tensor that only one of the blobs has, or with another dtype or shape. */
static bool
compare_kinds(const struct safetensors *a, const struct safetensors *b, struct difference *d)
{
	for (size_t i = 0; i < a->count || i < b->count; i++) {
		const struct tensor *x = i < a->count ? &a->tensors[i] : NULL;
		const struct tensor *y = i < b->count ? &b->tensors[i] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
		x = order <= 0 ? x : NULL;
		y = order >= 0 ? y : NULL;
		if (same_kind(x, y))
			continue;
		difference_add(d->tensor, "%s", x ? x->name : y->name);
		describe(d->value, x);
		describe(d->stored, y);
		return true;
	}
	return false;
}

/* Reads the header of a blob, and sorts its tensors by name; *data is where they begin. */
static int
read_header(const char *which, struct safetensors *s, const char *blob, size_t blob_len,
    const char **data, struct error *why)
{
	size_t len;
	if (blob_len < SAFETENSORS_PREFIX)
		return error_set(
		    why, "the %s is not a safetensors blob: %zu bytes", which, blob_len);
	if (safetensors_header_len((const unsigned char *)blob, blob_len, &len, why) != 0 ||
	    safetensors_parse(blob + SAFETENSORS_PREFIX, len, blob_len, s, why) != 0)
		return error_prefix(why, "the %s", which);
	*data = blob + SAFETENSORS_PREFIX + len;
	if (s->count > 0)
		qsort(s->tensors, s->count, sizeof *s->tensors, compare_strings);
	return 0;
}

int
difference_find(const struct buf *value, const void *stored, size_t stored_len,
    struct difference *d, struct error *why)
{
	struct safetensors a = {0}, b = {0};
	const char *a_data = value->data, *b_data = stored;
	*d = (struct difference){.index = "-"};
	int status = read_header("record", &a, value->data, value->len, &a_data, why);
	if (status == 0)
		status = read_header("stored value", &b, stored, stored_len, &b_data, why);
	bool found = status == 0 && compare_kinds(&a, &b, d);
	for (size_t i = 0; status == 0 && !found && i < a.count; i++)
		found = compare_data(
		    &a.tensors[i], a_data + a.tensors[i].begin, b_data + b.tensors[i].begin, d);
	if (status == 0 && !found) {
		difference_add(d->tensor, "-");
		difference_add(d->value, "%td bytes of header", a_data - value->data);
		difference_add(d->stored, "%td bytes of header", b_data - (const char *)stored);
	}
	safetensors_free(&a);
	safetensors_free(&b);
	return status;
}
