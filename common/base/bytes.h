#ifndef RSENC_BASE_BYTES_H
#define RSENC_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

enum { KEY_MAX = 511 }; /* bytes of a patch's key: LMDB's limit, as it is built by default */

/* The byte order mark, which some editors write before a text in UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* The order of keys in LMDB: by bytes, a shorter one before those that begin with it. Negative, 0
 * or positive, as memcmp. */
int bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len);

/* For qsort(3): elements that begin with a pointer to a string, in the order of strcmp(3). */
int compare_strings(const void *a, const void *b);

/* A 64-bit hash of bytes, all of whose bits depend on all of them. Never 0, which tables take for a
 * free slot. It is not meant to withstand whoever chooses the bytes to make two hashes equal. */
uint64_t hash_bytes(const void *bytes, size_t len);

/* Length (1..4) of the well-formed UTF-8 sequence that starts at s (RFC 3629: no overlong forms,
 * no surrogates, at most U+10FFFF), within len bytes; 0 if there is none. */
size_t utf8_sequence(const unsigned char *s, size_t len);

/* The longest run of zero bytes. Returns its length, and where it begins. */
size_t longest_zeros(const void *bytes, size_t len, size_t *begin);

#endif
