#ifndef RSENC_SCAN_GROUPS_H
#define RSENC_SCAN_GROUPS_H

#include "scan/assembled.h"
#include "scan/directory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files to groups: puts together the files that make up one patch, whether a walk or an archive
 * finds them.
 *
 * The files that one line of a rule finds for one key lie below one directory, the line's home
 * for them (home.h); the files of several lines may lie anywhere. A key is returned once. What
 * breaks one of these rules is returned as bad, with the reason.
 *
 * A group of a rule of one line is returned when its home was left. Others, and all in archives,
 * are complete when they have as many files as their rule; they are held back for a while, in
 * case a second file for one of their tensors follows.
 */

struct groups_counts {
	uint64_t files;      /* seen */
	uint64_t unmatched;  /* by any rule */
	uint64_t companions; /* of macOS, "._x.tif", which are not seen */
	uint64_t other_band; /* matched, but of a band that no line lists */
	uint64_t windows;    /* names that are paths of Windows, which are not matched */
};

struct groups;

/* `rules` are `count` rules in the order in which they are tried; they must outlive the groups. */
struct groups *groups_new(const struct rule *const *rules, size_t count);

/* Files come in the order of an archive from now on, or (false) of a walk. */
void groups_in_any_order(struct groups *g, bool any_order);

/* Whether a rule takes the file `name` of `dir`; `real` is its real path if it is a symbolic link,
 * else NULL. The same pointer for `dir` means the same directory until it is left. */
bool
groups_match(struct groups *g, const struct directory *dir, const char *name, const char *real);

/* Adds the file that groups_match has taken, with the same arguments. `where` is the caller's own
 * (where the bytes lie, in an archive) and comes back with the group. All strings are copied. */
void groups_add(struct groups *g, const struct directory *dir, const char *name, uint64_t where);

/* All of a directory, with what lies below it, was given. */
void groups_leave(struct groups *g, const struct directory *dir);

/* Hands out what is held back: for callers to whom its files cost memory. */
void groups_release(struct groups *g);

/* Everything was given: what is left is returned, also what is not complete. */
void groups_end(struct groups *g);

/* The next group to be returned, valid until the next call of a function of this module. Call it
 * until it returns false, after each of the functions above. */
bool groups_next(struct groups *g, struct assembled *out);

struct groups_counts groups_counts(const struct groups *g);

/* How many files each line has taken, in the order of the rules and their lines. */
const uint64_t *groups_taken(const struct groups *g, size_t *lines);

void groups_free(struct groups *g);

/* Whether a file of that name counts: it ends in .tif or .tiff, in any case. */
bool groups_wanted(const char *name);

#endif
