/*
 * Safetensors headers: what safetensors_parse accepts is exactly what the rules of the format's
 * README accept (strict.h: written apart from it). What is laid out again is read as the same.
 */

#include "../free.h"
#include "fuzz.h"
#include "strict.h"
#include "tensor/safetensors.h"

/* Stacks taken apart: all bytes are there once, in order. */
static void
check_unstacked(const struct safetensors *s, uint64_t data_len)
{
	static struct unstack u;
	uint64_t at = 0;
	unstack(&u, s);
	must(u.count >= s->count, "a stack has a band");
	for (size_t i = 0; i < u.count; i++) {
		must(u.tensors[i].begin == at && u.tensors[i].end >= at, "bands follow each other");
		at = u.tensors[i].end;
	}
	must(at == data_len, "no byte is lost");
}

/* Tensors and metadata written as a header of our own. */
static void
check_again(struct safetensors *s, uint64_t data_len)
{
	struct safetensors again = {0};
	struct buf header = {0};
	struct error why;
	uint64_t len;
	struct tensor *tensors = calloc(s->count + 1, sizeof *tensors);
	must(tensors != NULL, "there is memory");
	if (s->count > 0)
		memcpy(tensors, s->tensors, s->count * sizeof *tensors);
	must(safetensors_layout(
	         tensors, s->count, s->metadata, s->metadata_count, 64, &header, &len, &why) == 0,
	    "it can be laid out");
	must(len == data_len && (16 + header.len) % 64 == 0, "the data is as long, and aligned");
	must(
	    safetensors_parse(header.data + 8, header.len - 8, header.len + len, &again, &why) == 0,
	    "a header of our own is valid");
	must(again.count == s->count && again.metadata_count == s->metadata_count,
	    "it holds as much");
	for (size_t i = 0; i < s->count; i++)
		must(safetensors_find(tensors, s->count, s->tensors[i].dtype, s->tensors[i].name) !=
		         NULL,
		    "it holds every tensor");
	for (size_t i = 0; i < s->metadata_count; i++)
		must(strcmp(again.metadata[i].key, s->metadata[i].key) == 0 &&
		         strcmp(again.metadata[i].value, s->metadata[i].value) == 0,
		    "it holds the metadata");
	safetensors_free(&again);
	buf_free(&header);
	free(tensors);
}

/* The input is eight bytes, the length of the data, then the header's text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct safetensors kept; /* as in the commands: one for all headers */
	struct safetensors fresh = {0};
	struct error why;
	uint64_t data_len = 0;
	size_t claimed;
	if (size < SAFETENSORS_PREFIX)
		return 0;
	for (int i = 5; i >= 0; i--)
		data_len = data_len << 8 | data[i];
	if (safetensors_header_len(data, size, &claimed, &why) == 0)
		must(claimed <= size - SAFETENSORS_PREFIX, "a header lies in its blob");

	const char *text = (const char *)data + SAFETENSORS_PREFIX;
	size_t len = size - SAFETENSORS_PREFIX;
	int status = safetensors_parse(text, len, size + data_len, &kept, &why);
	must(status == safetensors_parse(text, len, size + data_len, &fresh, &why),
	    "what was read before does not matter");
	bool valid = strict_header(text, len, data_len);
	must(status != 0 || valid, "what is accepted is valid");
	must(status == 0 || !valid, "what is valid is accepted");
	if (status == 0) {
		check_unstacked(&kept, data_len);
		check_again(&kept, data_len);
	}
	safetensors_free(&fresh);
	return 0;
}
