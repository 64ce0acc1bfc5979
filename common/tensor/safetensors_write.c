#include "tensor/safetensors.h"

#include "tensor/json.h"
#include "tensor/le.h"

#include <inttypes.h>
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
	uint64_t n = 1;
	/* In the order of the dimensions, as the reference does it: a 0 does not help against an
	 * overflow before it. */
	for (unsigned i = 0; i < t->rank; i++) {
		if (t->shape[i] > 0 && n > UINT64_MAX / t->shape[i])
			return -1;
		n *= t->shape[i];
	}
	if (n > UINT64_MAX / dtype_bits(t->dtype) || n * dtype_bits(t->dtype) % 8 != 0)
		return -1; /* also a tensor that ends inside of a byte */
	*bytes = n * dtype_bits(t->dtype) / 8;
	return 0;
}

/* ---- the header's JSON, as the reference (serde_json) writes it ---- */

static void
add_metadata(struct buf *b, const struct metadata *entries, size_t count)
{
	buf_addf(b, "\"__metadata__\":{");
	for (size_t i = 0; i < count; i++) {
		buf_addf(b, i > 0 ? "," : "");
		json_add_string(b, entries[i].key);
		buf_addf(b, ":");
		json_add_string(b, entries[i].value);
	}
	buf_addf(b, "}");
}

static void
add_tensor(struct buf *b, const struct tensor *t)
{
	json_add_string(b, t->name);
	buf_addf(b, ":{\"dtype\":\"%s\",\"shape\":[", dtype_name(t->dtype));
	for (unsigned i = 0; i < t->rank; i++)
		buf_addf(b, "%s%" PRIu64, i > 0 ? "," : "", t->shape[i]);
	buf_addf(b, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", t->begin, t->end);
}

/* Pads with spaces to a multiple of 8. With align, until data begins at a multiple of it in an LMDB
 * page, which has a header of 16 bytes. A value that is too small for pages of its own would lie
 * among others, at odd addresses: such values are padded to 2 KB. */
static void
pad(struct buf *b, size_t align, uint64_t data_len)
{
	enum { PAGE_HEADER = 16, OWN_PAGES = 2030 }; /* me_nodemax of 4096-byte pages */
	size_t unit = align > 8 ? align : 8;
	size_t before = align > 0 ? PAGE_HEADER : 0;
	while ((before + b->len) % unit != 0 || (align > 0 && b->len + data_len < OWN_PAGES))
		buf_add(b, " ", 1);
}

int
safetensors_layout(struct tensor *tensors, size_t count, const struct metadata *metadata,
    size_t metadata_count, size_t align, struct buf *header, uint64_t *data_len, struct error *why)
{
	qsort(tensors, count, sizeof *tensors, compare_tensors);
	header->len = 0;
	buf_add(header, "\0\0\0\0\0\0\0\0", SAFETENSORS_PREFIX);
	buf_addf(header, "{");
	if (metadata_count > 0)
		add_metadata(header, metadata, metadata_count);
	uint64_t at = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t bytes;
		if (tensor_bytes(&tensors[i], &bytes) != 0 || bytes > INT64_MAX - at)
			return error_set(why, "tensor '%s' is too large", tensors[i].name);
		tensors[i].begin = at;
		tensors[i].end = at += bytes;
		buf_addf(header, i > 0 || metadata_count > 0 ? "," : "");
		add_tensor(header, &tensors[i]);
	}
	buf_addf(header, "}");
	pad(header, align, at);
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
	uint64_t n = le64(prefix);
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
