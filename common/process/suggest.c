#include "process/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 63, PREFIX_MIN = 3 };

/* Levenshtein distance: letters inserted, omitted or changed. One row of the table is enough; case
 * does not count. */
static unsigned
edit_distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t len = strlen(b);
	for (size_t j = 0; j <= len; j++)
		row[j] = (unsigned)j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;
		for (size_t j = 0; j < len; j++) {
			int differ = tolower((unsigned char)*a) != tolower((unsigned char)b[j]);
			unsigned least = diagonal + (unsigned)differ;
			diagonal = row[j + 1];
			least = row[j] < least ? row[j] + 1 : least;
			row[j + 1] = diagonal < least ? diagonal + 1 : least;
		}
	}
	return row[len];
}

/* How far a known word is from the given one; UINT_MAX: too far to be meant. The first letter is
 * rarely wrong. */
static unsigned
distance_of(const char *given, const char *known)
{
	size_t given_len = strlen(given), len = strlen(known);
	size_t shorter = given_len < len ? given_len : len;
	if (given_len > WORD_MAX || len > WORD_MAX || shorter == 0 ||
	    tolower((unsigned char)*given) != tolower((unsigned char)*known))
		return UINT_MAX;
	unsigned distance = edit_distance(given, known);
	/* A word that was cut short, or has a tail too many, is meant whatever the tail's length;
	 * otherwise a third of the letters may be wrong, and two that are swapped count as two:
	 * more finds words that were not meant. */
	bool is_part = shorter >= PREFIX_MIN && strncasecmp(given, known, shorter) == 0;
	return is_part || distance <= (len + 2) / 3 ? distance : UINT_MAX;
}

const char *
suggest(const char *given, const char *best, const char *known)
{
	unsigned distance = distance_of(given, known);
	return distance < UINT_MAX && (!best || distance < distance_of(given, best)) ? known : best;
}
