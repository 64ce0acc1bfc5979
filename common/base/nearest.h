#ifndef RSENC_BASE_NEAREST_H
#define RSENC_BASE_NEAREST_H

#include <stddef.h>

/*
 * Which of the words that exist a mistyped one may have meant: "--bigearthnet-s1" and "keepgoing"
 * find "--bigearthnet-s1-root" and "keep-going", "frobnicate" finds nothing.
 */

struct nearest {
	const char *given;
	const char *best; /* of those tried: NULL if none is near; belongs to the caller */
	unsigned distance;
};

/* Starts with the word that was given. */
void nearest_start(struct nearest *n, const char *given);

/* Tries a word that exists; the first of equally near ones stays. */
void nearest_try(struct nearest *n, const char *known);

#endif
