#ifndef RSENC_TENSOR_NAMES_H
#define RSENC_TENSOR_NAMES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A list of tensor names, written as in rsenc-groups(5): a comma list in which {a..b}, of numbers,
 * expands as in the shell: "VH,VV", "B{1..224}", "B{01..12}", "B{1..125},B{141..159}".
 */

enum { NAMES_MAX = 65535 }; /* bands of a TIFF: SamplesPerPixel is a 16-bit number */

struct named {
	const char *name;
	size_t place; /* among the names */
};

struct names {
	const char **name; /* `count` strings */
	size_t count;
	char *text; /* their bytes */
	struct named *sorted;
};

/* Parses text of `len` bytes. Every name is valid UTF-8, not empty, without control bytes and not
 * "__metadata__"; no name is a duplicate; at most NAMES_MAX. On success the caller frees with
 * names_free; on failure (-1, with the reason) there is nothing to free. */
int names_parse(const char *text, size_t len, struct names *n, struct error *why);

/* Whether the list is open: one name with one {a..}, which counts on from a for as many bands as
 * there are. names_parse refuses it. */
bool names_is_open(const char *text, size_t len);

/* Parses an open list for that many bands. Returns as names_parse. */
int
names_parse_open(const char *text, size_t len, size_t bands, struct names *n, struct error *why);

/* Sorts `count` names and fails (-1, with the reason) if one of them is a duplicate; `what` they
 * are ("tensor name"). */
int names_check_unique(const char **names, size_t count, const char *what, struct error *why);

/* The position of a name, or -1. */
long names_find(const struct names *n, const char *name);

void names_free(struct names *n);

#endif
