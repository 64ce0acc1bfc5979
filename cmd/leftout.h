#ifndef RSENC_CMD_LEFTOUT_H
#define RSENC_CMD_LEFTOUT_H

#include "base/error.h"

#include <stdint.h>

/*
 * What was left out, counted by kind: a run that goes on past bad groups may end with more lines of
 * errors than anyone reads.
 */

enum { LEFTOUT_KINDS = 48 }; /* at least the rows of the table */

struct leftout {
	uint64_t count[LEFTOUT_KINDS];
	uint64_t total;
};

/* Counts one, by its hint: before hint_text has used it up. */
void leftout_add(struct leftout *l, const struct error *why);

/* One line, if there was any, "left out 31 of 4000 groups: 20 Git LFS pointers, 8 end early". */
void leftout_tell(const struct leftout *l, uint64_t groups);

#endif
