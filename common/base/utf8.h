#ifndef RSENC_BASE_UTF8_H
#define RSENC_BASE_UTF8_H

#include <stddef.h>

/* Length (1..4) of the well-formed UTF-8 sequence that starts at s (RFC 3629: no overlong forms,
 * no surrogates, at most U+10FFFF), within len bytes; 0 if there is none. */
size_t utf8_sequence(const unsigned char *s, size_t len);

/* Whether all of s is well-formed. Returns the first offset that is not, or len. */
size_t utf8_valid_until(const char *s, size_t len);

#endif
