#ifndef RSENC_SCAN_DOUBT_H
#define RSENC_SCAN_DOUBT_H

#include "base/error.h"

/* What is legal in a line of a rule, but hardly meant: told, with how to write what probably was. What
 * cannot be meant is for advice.h. */

struct rule_line;

/* One doubt: "FIELD: TEXT", to which a command may add its hint. */
typedef void doubt_tell(void *context, struct error *doubt);

/* Tells all doubts about a line that was parsed. */
void doubt_line(const struct rule_line *l, doubt_tell *tell, void *context);

#endif
