#ifndef RSENC_SCAN_GROUPS_H
#define RSENC_SCAN_GROUPS_H

#include "scan/assembled.h"
#include "scan/found.h"
#include "scan/match.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Files to groups: puts together the files that make up one patch, whether a walk or an archive
 * finds them.
 *
 * The files that one line of a rule finds for one key lie below one directory, the line's home
 * for them (check.h); the files of several lines may lie anywhere. A key is returned once. What
 * breaks one of these rules is returned as bad, with the reason.
 *
 * The life of a group: it waits until it has as many files as its rule; then it is held back, in
 * case a second file for one of its tensors follows, until too much is held; then it is returned,
 * and further files of its key are a duplicate. What is not complete, or is wrong, waits for the
 * end.
 */

struct groups_counts {
	uint64_t files;   /* seen */
	uint64_t matched; /* by a line, which counts its own */
	uint64_t windows; /* names that are paths of Windows, which are not matched */
	char *example;    /* the path of the first file, or NULL */
};

struct groups;

/* `rules` are `count` rules in the order in which they are tried; they must outlive the groups. A
 * quarter of max_memory may be held back. */
struct groups *groups_new(const struct rule *const *rules, size_t count, uint64_t max_memory);

/* How a rule takes a FOUND_FILE, valid until the next call; NULL: none does. */
const struct match *groups_match(struct groups *g, const struct found *f);

/* Adds the file that groups_match has taken. All is copied, but for its data, which is taken
 * over. */
void groups_add(struct groups *g, const struct found *f);

/* Hands out what is complete. */
void groups_release(struct groups *g);

/* Everything was given: what is left is returned. */
void groups_end(struct groups *g);

/* The next group to be returned, valid until the next call of a function of this module, or NULL.
 * Call it until then after each of the functions above. */
const struct assembled *groups_next(struct groups *g);

/* How many bytes wait, with the data of files in memory. */
uint64_t groups_bytes(const struct groups *g);

struct groups_counts groups_counts(const struct groups *g);

void groups_free(struct groups *g);

#endif
