#ifndef RSENC_TENSOR_SAFETENSORS_H
#define RSENC_TENSOR_SAFETENSORS_H

#include "base/buf.h"
#include "base/error.h"
#include "tensor/dtype.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The safetensors format, https://huggingface.co/docs/safetensors: u64le N, N bytes of JSON
 * header, tensor data. Written byte for byte as the reference library's
 * safetensors.numpy.save(dict) writes it; read with the checks that the reference makes.
 */

enum {
	SAFETENSORS_PREFIX = 8,                    /* bytes of the header's length */
	SAFETENSORS_HEADER_MAX = 100 * 1000 * 1000 /* bytes of JSON, as in the reference */
};

struct tensor {
	const char *name; /* UTF-8, NUL-terminated */
	enum dtype dtype;
	unsigned rank;         /* number of dimensions */
	const uint64_t *shape; /* rank numbers; 0 is allowed, an empty tensor */
	uint64_t begin, end;   /* bytes within the data, as in data_offsets */
};

/* Bytes that a tensor's shape and dtype ask for. Returns 0, or -1 if that overflows. */
int tensor_bytes(const struct tensor *t, uint64_t *bytes);

/* One entry of __metadata__: a string for a string. */
struct metadata {
	const char *key, *value;
};

/*
 * Lays tensors out: sorts them (dtype descending, then name bytewise), sets begin and end, and
 * replaces `header` by the 8-byte length and the JSON, padded with spaces to a multiple of 8.
 * With align > 0 (a power of two of at least 8) it is padded further until 16 + its length is a
 * multiple of align, and the blob is so large that LMDB gives it pages of its own (4096 bytes
 * each): such a value starts 16 bytes into a page.
 * A blob is the header, then the tensors in their new order; *data_len is the size of these.
 * Returns 0, or -1 with the reason: sizes that overflow, a header beyond the limit.
 */
int safetensors_layout(struct tensor *tensors, size_t count, const struct metadata *metadata,
    size_t metadata_count, size_t align, struct buf *header, uint64_t *data_len, struct error *why);

/* The tensor of that dtype and name among those that safetensors_layout has sorted, or NULL. */
const struct tensor *
safetensors_find(const struct tensor *tensors, size_t count, enum dtype dtype, const char *name);

/* A header that was read. Strings and shapes belong to it. */
struct safetensors {
	struct tensor *tensors; /* in order of their data */
	size_t count;
	struct metadata *metadata; /* in order of their keys */
	size_t metadata_count;
	struct buf text, numbers, tensor_array, metadata_array; /* private: the memory */
};

/* The JSON's length N from the first 8 bytes of a blob that has blob_len bytes in all. Returns 0,
 * or -1 with the reason if N is beyond the limit or the blob. */
int safetensors_header_len(
    const unsigned char *prefix, uint64_t blob_len, size_t *header_len, struct error *why);

/*
 * Reads and validates a header: `text` is what follows the 8-byte length, header_len what
 * safetensors_header_len finds there, blob_len the size of the whole blob (8 + header + data).
 * Checks: the header is one object of well-formed JSON in UTF-8, every dtype is known, data_offsets
 * are contiguous from 0 without hole or overlap, each range has the size of shape x dtype, and the
 * data is covered exactly. Of tensors, or metadata, of one name the last one counts. U+0000 in a
 * string is JSON_NUL (json.h). `s` may be all zero or hold an earlier header, whose memory is used
 * again. Returns 0, or -1 with the reason.
 */
int safetensors_parse(const char *text, size_t header_len, uint64_t blob_len, struct safetensors *s,
    struct error *why);

/*
 * The bands of stacks. A stack is a tensor of shape [n, height, width] whose name is a key of
 * __metadata__, with a comma list of n names for its value: so rsenc-pack -S writes them.
 */

struct unstack {
	const struct tensor *tensors;
	size_t count;
	struct buf memory, names; /* private */
};

/* Finds the tensors of a blob, each stack replaced by its bands, of shape [height, width]. They
 * live as long as the blob, and until the next call with this *u, which may first be all zero. */
void unstack(struct unstack *u, const struct safetensors *blob);

#endif
