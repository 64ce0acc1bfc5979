#ifndef RSENC_BASE_BYTES_H
#define RSENC_BASE_BYTES_H

#include <stddef.h>

enum { KEY_MAX = 511 }; /* bytes of a patch's key: LMDB's limit, as it is built by default */

/* The order of keys in LMDB: by bytes, a shorter one before those that begin with it. Negative, 0
 * or positive, as memcmp. */
int bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len);

#endif
