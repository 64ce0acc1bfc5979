#include "tensor/safetensors.h"

#include "tensor/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
compare_tensors(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;
	if (x->dtype != y->dtype)
		return x->dtype > y->dtype ? -1 : 1;
	return strcmp(x->name, y->name);
}

int
tensor_bytes(const struct tensor *t, uint64_t *bytes)
{
	uint64_t n = dtype_bits(t->dtype);
	bool empty = false;
	for (unsigned i = 0; i < t->rank; i++)
		empty |= t->shape[i] == 0;
	for (unsigned i = 0; i < t->rank && !empty; i++) {
		if (t->shape[i] > UINT64_MAX / n)
			return -1;
		n *= t->shape[i];
	}
	if (!empty && n % 8 != 0)
		return -1; /* the reference refuses a tensor that ends inside a byte */
	*bytes = empty ? 0 : n / 8;
	return 0;
}

/* ---- the header's JSON, as the reference (serde_json) writes it ---- */

/* One call a statement: C evaluates the operands of | in any order. */
static int
header_add(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

static int
header_add_metadata(struct buf *b, const struct metadata *entries, size_t count)
{
	int bad = header_add(b, "\"__metadata__\":{");
	for (size_t i = 0; i < count; i++) {
		bad |= i > 0 ? header_add(b, ",") : 0;
		bad |= json_add_string(b, entries[i].key);
		bad |= header_add(b, ":");
		bad |= json_add_string(b, entries[i].value);
	}
	bad |= header_add(b, "}");
	return bad;
}

static int
header_add_tensor(struct buf *b, const struct tensor *t)
{
	char text[64];
	int bad = json_add_string(b, t->name);
	bad |= header_add(b, ":{\"dtype\":\"");
	bad |= header_add(b, dtype_name(t->dtype));
	bad |= header_add(b, "\",\"shape\":[");
	for (unsigned i = 0; i < t->rank; i++) {
		snprintf(text, sizeof text, "%s%" PRIu64, i > 0 ? "," : "", t->shape[i]);
		bad |= header_add(b, text);
	}
	snprintf(
	    text, sizeof text, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", t->begin, t->end);
	bad |= header_add(b, text);
	return bad;
}

/* Pads with spaces to a multiple of 8. With align, until data begins at a multiple of it in an LMDB
 * page: the page's own header has 16 bytes, and a value that is too small for pages of its own
 * would lie anywhere, at odd addresses too, among others. Such small values then take 2 KB more,
 * which is what being aligned costs there. */
static int
header_pad(struct buf *b, size_t align, uint64_t data_len)
{
	enum { PAGE_HEADER = 16, OWN_PAGES = 2030 }; /* me_nodemax of 4096-byte pages */
	size_t unit = align > 8 ? align : 8;
	size_t before = align > 0 ? PAGE_HEADER : 0;
	int bad = 0;
	while (
	    !bad && ((before + b->len) % unit != 0 || (align > 0 && b->len + data_len < OWN_PAGES)))
		bad = header_add(b, " ");
	return bad;
}

int
safetensors_layout(struct tensor *tensors, size_t count, const struct metadata *metadata,
    size_t metadata_count, size_t align, struct buf *header, uint64_t *data_len, struct error *why)
{
	qsort(tensors, count, sizeof *tensors, compare_tensors);
	header->len = 0;
	int bad = buf_add(header, "\0\0\0\0\0\0\0\0", SAFETENSORS_PREFIX);
	bad |= header_add(header, "{");
	if (metadata_count > 0)
		bad |= header_add_metadata(header, metadata, metadata_count);
	uint64_t at = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t bytes;
		if (tensor_bytes(&tensors[i], &bytes) != 0 || bytes > INT64_MAX - at)
			return error_set(why, "tensor '%s' is too large", tensors[i].name);
		tensors[i].begin = at;
		tensors[i].end = at += bytes;
		bad |= i > 0 || metadata_count > 0 ? header_add(header, ",") : 0;
		bad |= header_add_tensor(header, &tensors[i]);
	}
	bad |= header_add(header, "}");
	bad |= header_pad(header, align, at);
	if (bad)
		return error_set(why, "out of memory");
	uint64_t json_len = header->len - SAFETENSORS_PREFIX;
	if (json_len > SAFETENSORS_HEADER_MAX)
		return error_set(why,
		    "the safetensors header would have %" PRIu64 " bytes, more than %d", json_len,
		    SAFETENSORS_HEADER_MAX);
	for (unsigned i = 0; i < SAFETENSORS_PREFIX; i++)
		header->data[i] = (char)(json_len >> (8 * i) & 0xff);
	*data_len = at;
	return 0;
}

const struct tensor *
safetensors_find(const struct tensor *tensors, size_t count, enum dtype dtype, const char *name)
{
	struct tensor key = {.name = name, .dtype = dtype};
	return bsearch(&key, tensors, count, sizeof *tensors, compare_tensors);
}

int
safetensors_header_len(
    const unsigned char *prefix, uint64_t blob_len, size_t *header_len, struct error *why)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < SAFETENSORS_PREFIX; i++)
		n |= (uint64_t)prefix[i] << (8 * i);
	if (n > SAFETENSORS_HEADER_MAX)
		return error_set(why,
		    "not a safetensors blob: it claims a header of %" PRIu64 " bytes, more than %d",
		    n, SAFETENSORS_HEADER_MAX);
	if (blob_len < SAFETENSORS_PREFIX || n > blob_len - SAFETENSORS_PREFIX)
		return error_set(why,
		    "not a safetensors blob: it claims a header of %" PRIu64
		    " bytes but has %" PRIu64 " in all",
		    n, blob_len);
	*header_len = (size_t)n;
	return 0;
}

void
safetensors_free(struct safetensors *s)
{
	buf_free(&s->text);
	buf_free(&s->numbers);
	buf_free(&s->tensor_array);
	buf_free(&s->metadata_array);
	buf_free(&s->sorted);
	*s = (struct safetensors){0};
}
