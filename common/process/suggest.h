#ifndef RSENC_PROCESS_SUGGEST_H
#define RSENC_PROCESS_SUGGEST_H

#include <stddef.h>

/*
 * Which of the words that exist a mistyped one may have meant: "--bigearthnet-s1" and "keepgoing"
 * find "--bigearthnet-s1-root" and "keep-going", "frobnicate" finds nothing.
 */

struct suggest {
	const char *given;
	const char *best; /* of those tried: NULL if none is near; belongs to the caller */
	unsigned distance;
};

/* Starts with the word that was given. */
void suggest_start(struct suggest *n, const char *given);

/* Tries a word that exists; the first of equally near ones stays. */
void suggest_try(struct suggest *n, const char *known);

#endif
