#include "process/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 63, PREFIX_MIN = 3 };

/* Restricted Damerau-Levenshtein distance: letters inserted, omitted, changed, or swapped with the
 * next one, each counts 1. Three rows of the table are enough; case does not count. */
static unsigned
edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3];
		const unsigned *two_above = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			int x = tolower((unsigned char)a[i - 1]),
			    y = tolower((unsigned char)b[j - 1]);
			unsigned least = above[j - 1] + (x != y);
			if (above[j] + 1 < least)
				least = above[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && two_above[j - 2] + 1 < least)
				least = two_above[j - 2] + 1;
			row[j] = least;
		}
	}
	return rows[a_len % 3][b_len];
}

void
suggest_start(struct suggest *n, const char *given)
{
	*n = (struct suggest){.given = given, .distance = UINT_MAX};
}

void
suggest_try(struct suggest *n, const char *known)
{
	size_t given_len = strlen(n->given), known_len = strlen(known);
	size_t shorter = given_len < known_len ? given_len : known_len;
	if (given_len > WORD_MAX || known_len > WORD_MAX || shorter == 0)
		return;
	unsigned distance = edit_distance(n->given, given_len, known, known_len);
	/* A word that was cut short, or has a tail too many, is meant whatever the tail's length;
	 * otherwise a third of the letters may be wrong: more finds words that were not meant. */
	bool is_part = shorter >= PREFIX_MIN && strncasecmp(n->given, known, shorter) == 0;
	if ((is_part || distance <= known_len / 3) && distance < n->distance) {
		n->best = known;
		n->distance = distance;
	}
}
