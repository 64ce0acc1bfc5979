#ifndef RSENC_SCAN_VARIANTS_H
#define RSENC_SCAN_VARIANTS_H

#include <stddef.h>

/*
 * A pattern with alternations as patterns without: "(.*)_(VV|VH)" is "(.*)_(VV)" and "(.*)_(VH)".
 * Groups keep their numbers.
 */

enum { VARIANTS_MAX = 32 };

struct variants {
	char *text[VARIANTS_MAX];
	size_t count;
};

/* Fills all-zero variants. Returns 0; -1 if there are too many, or if the pattern cannot be written
 * so (an alternation outside of groups, with groups in it, or that is repeated), or no memory.
 * variants_free in either case. */
int variants_expand(struct variants *v, const char *text, size_t len);

void variants_free(struct variants *v);

#endif
