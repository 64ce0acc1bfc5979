#ifndef RSENC_CMD_HINTS_H
#define RSENC_CMD_HINTS_H

#include "base/error.h"

/* The text of a reason, to which what mends it is added where that is a command, or an option of
 * one: modules know neither. Belongs to `why`. */
const char *hint_text(struct error *why);

#endif
