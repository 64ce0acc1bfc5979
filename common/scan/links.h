#ifndef RSENC_SCAN_LINKS_H
#define RSENC_SCAN_LINKS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Links in an archive whose file was not met yet: found by the path that they lead to. All zero is
 * empty. */

struct links {
	struct buf text;
	struct link {
		size_t path, target; /* in text */
		uint32_t next;       /* of those with the same place in the index, from 1 */
		bool symbolic, taken;
	} * link;
	uint32_t *index;
	size_t count, capacity, index_size;
	size_t left; /* not taken yet */
};

/* Returns 0, or -1 when there is no memory. */
int links_add(struct links *l, const char *path, const char *target, bool symbolic);

/* A link that leads to `target` and was not taken before; it counts as taken from now on. *symbolic
 * tells its kind. Its path is valid until the next links_add. NULL: there is none. */
const char *links_take(struct links *l, const char *target, bool *symbolic);

/* The next link that was not taken, from number *at on (0: the first), which is moved behind it.
 * Returns its path and sets *target, or NULL. */
const char *links_rest(const struct links *l, size_t *at, const char **target);

void links_free(struct links *l);

#endif
