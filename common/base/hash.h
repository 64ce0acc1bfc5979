#ifndef RSENC_BASE_HASH_H
#define RSENC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A 64-bit hash of bytes, all of whose bits depend on all of them. Never 0, which tables take for a
 * free slot. It is not meant to withstand whoever chooses the bytes to make two hashes equal. */
uint64_t hash_bytes(const void *bytes, size_t len);

#endif
