#ifndef RSENC_STREAM_HEADER_H
#define RSENC_STREAM_HEADER_H

#include "base/buf.h"
#include "base/error.h"
#include "stream/record.h"
#include "tensor/safetensors.h"

#include <stdbool.h>

/* Reads the header of the blob that is the value of a record, of `size` bytes: `header` becomes its
 * 8-byte length and JSON, `parsed` what safetensors_parse finds in it. *valid is false, with the
 * reason, if the value is no blob: then the record goes on somewhere inside it. Any status but
 * RECORD_OK comes with a reason of its own. */
enum record_status header_of_record(struct record_reader *r, uint64_t size, struct buf *header,
    struct safetensors *parsed, bool *valid, struct error *why);

#endif
