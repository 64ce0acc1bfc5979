#include "stream/header.h"

#include <inttypes.h>

enum record_status
header_of_record(struct record_reader *r, uint64_t size, struct buf *header,
    struct safetensors *parsed, bool *valid, struct error *why)
{
	size_t len = 0;
	*valid = false;
	header->len = 0;
	/* A bad value is no bad stream: RECORD_OK with *valid false, since the record still says
	 * where the next one begins. */
	if (size < SAFETENSORS_PREFIX) {
		error_set(why, "this is no safetensors blob: it has %" PRIu64 " bytes", size);
		return RECORD_OK;
	}
	unsigned char prefix[SAFETENSORS_PREFIX];
	enum record_status status = record_data(r, prefix, sizeof prefix, why);
	if (status != RECORD_OK || safetensors_header_len(prefix, size, &len, why) != 0)
		return status;
	/* Its length is bounded by now; one more byte, so that an empty one has a place as well. */
	if (buf_add(header, prefix, sizeof prefix) != 0 || buf_try_reserve(header, len + 1) != 0) {
		error_set(why, "out of memory");
		return RECORD_OK;
	}
	status = record_data(r, header->data + sizeof prefix, len, why);
	if (status != RECORD_OK)
		return status;
	header->len += len;
	*valid = safetensors_parse(header->data + sizeof prefix, len, size, parsed, why) == 0;
	return RECORD_OK;
}
