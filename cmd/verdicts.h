#ifndef RSENC_CMD_VERDICTS_H
#define RSENC_CMD_VERDICTS_H

#include "base/buf.h"
#include "stream/output.h"
#include "tensor/difference.h"

#include <stdbool.h>
#include <stddef.h>

/* The lines that rsenc-verify prints: KEY<TAB>WHAT, and where a value differs. */

struct verdicts {
	bool verbose; /* -v: where */
	struct output out;
	struct difference_headers headers;
};

/* KEY<TAB>WHAT and, if `d` is not NULL, tensor, index, value and stored value. Dies if it can't be
 * written. */
void verdicts_print(struct verdicts *v, const char *key, size_t key_len, const char *what,
    const struct difference *d);

/* The same of a value that differs from the stored one. */
void verdicts_differs(struct verdicts *v, const char *key, size_t key_len, const struct buf *value,
    const void *stored, size_t stored_len);

/* Writes what is left, and frees. */
void verdicts_finish(struct verdicts *v);

#endif
