#ifndef RSENC_SCAN_TOKEN_H
#define RSENC_SCAN_TOKEN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tokens of POSIX extended regular expressions, as far as pattern.h needs to know them. */

enum token_kind {
	TOKEN_END,
	TOKEN_SET,    /* one character out of token.set */
	TOKEN_OPEN,   /* ( */
	TOKEN_CLOSE,  /* ) */
	TOKEN_REPEAT, /* * + ? {n,m} */
	TOKEN_OTHER   /* what only regexec knows: | ^ $ [[:alpha:]] \w */
};

struct token {
	enum token_kind kind;
	uint32_t set[8];
	uint32_t min, max; /* of a repeat; UINT32_MAX is no limit */
	bool slash;        /* a literal '/' */
};

/* A number that is too large for any repeat is read as more than this. */
enum { TOKEN_NUMBER_MAX = 500 };

/* Reads the token at p. Returns what follows it, or NULL with the reason. At the end it is a
 * TOKEN_END, and p is returned. */
const char *token_read(const char *p, const char *end, struct token *t, struct error *why);

#endif
