#ifndef RSENC_PROCESS_SUGGEST_H
#define RSENC_PROCESS_SUGGEST_H

/* Which of the words that exist a mistyped one may have meant: `known` if it is near `given` and
 * nearer than `best`, else `best` (NULL: none so far). "keepgoing" finds "keep-going", "output-dir"
 * finds "output", "frobnicate" finds nothing. */
const char *suggest(const char *given, const char *best, const char *known);

#endif
