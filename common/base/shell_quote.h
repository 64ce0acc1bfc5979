#ifndef RSENC_BASE_SHELL_QUOTE_H
#define RSENC_BASE_SHELL_QUOTE_H

#include "base/buf.h"

/* Appends a space, unless the text is empty, and the word as sh(1) must be given it: quoted where
 * it has to be; one that begins with a dash gets "./" in front, as a path may. Keeps a NUL behind
 * the text. Returns 0, or -1 when there is no memory. */
int shell_quote(struct buf *text, const char *word);

#endif
