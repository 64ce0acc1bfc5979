#ifndef RSENC_SCAN_CHARSET_H
#define RSENC_SCAN_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets of characters, for regex.h. All that are not ASCII are in the set or none is, except that
 * a set of one byte stands for a part of such a character. All zero is empty. */

struct charset {
	uint32_t bits[8]; /* one for each byte */
};

void charset_add(struct charset *set, unsigned char c);

/* Adds a class, or all that is not in it: "d", "w", "s", "alpha" and the other names of POSIX.
 * False: there is no class of that name. */
bool charset_add_class(struct charset *set, const char *name, size_t len, bool negated);

void charset_negate(struct charset *set);

/* Length of the character with which `s` begins, if the set contains it; else 0. A byte that is
 * not UTF-8 is a character, as in Python's names of files. */
size_t charset_match(const struct charset *set, const char *s, size_t len);

#endif
