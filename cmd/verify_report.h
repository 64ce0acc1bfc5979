#ifndef RSENC_CMD_VERIFY_REPORT_H
#define RSENC_CMD_VERIFY_REPORT_H

#include "base/buf.h"
#include "stream/output.h"
#include "tensor/difference.h"

#include <stdbool.h>
#include <stddef.h>

/* The lines that rsenc-verify prints: KEY<TAB>WHAT, and where a value differs. */

struct verify_report {
	bool verbose; /* -v: where */
	struct output out;
	struct difference_headers headers;
};

/* KEY<TAB>WHAT and, if `d` is not NULL, tensor, index, value and stored value. Dies if it can't be
 * written. */
void verify_report_line(struct verify_report *v, const char *key, size_t key_len, const char *what,
    const struct difference *d);

/* The same of a value that differs from the stored one. */
void verify_report_differs(struct verify_report *v, const char *key, size_t key_len,
    const struct buf *value, const void *stored, size_t stored_len);

/* Writes what is left, and frees. */
void verify_report_finish(struct verify_report *v);

#endif
