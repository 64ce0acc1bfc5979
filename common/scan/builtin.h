#ifndef RSENC_SCAN_BUILTIN_H
#define RSENC_SCAN_BUILTIN_H

/* The built-in rules: lines as in a rule file, in the order in which they are tried; NULL ends. */
extern const char *const builtin_rules[];

#endif
