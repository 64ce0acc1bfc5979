#ifndef RSENC_SCAN_UNFINISHED_H
#define RSENC_SCAN_UNFINISHED_H

#include "base/buf.h"
#include "scan/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The groups that are being put together: found by rule and key, kept in the order in which they
 * were begun. Groups and files are handles, 0 for none.
 *
 * Millions may wait when the parts of a dataset lie in sibling trees, so a group costs 30 bytes and
 * its key, 8 in the index, and a file 15 and what its name does not have in common with the key.
 */

struct unfinished_file {
	const char *dir;
	const char *captures; /* strings, one behind the other */
	size_t name;          /* offset in the text that it was appended to */
	uint64_t where;
	size_t line, band;
};

/* All zero is empty. */
struct unfinished {
	struct arena arena;
	uint32_t *index; /* hash table of groups */
	size_t index_size, count;
	uint32_t first, last; /* groups */
	uint32_t dir;         /* the directory of the last file */
	uint64_t dir_number;
};

/* The group of that rule and key; a new one is begun if there is none. 0: no memory. */
uint32_t unfinished_group(struct unfinished *u, size_t rule, const char *key, size_t key_len);

/* A file of a group: `name` and, joined, `captures` are copied, `band` is at most 65534. The path of
 * a directory is kept once as long as dir_number stays the same. Returns 0, or -1 when there is no
 * memory. */
int unfinished_put(struct unfinished *u, uint32_t group, const struct unfinished_file *f,
    const char *name, size_t captures_len, uint64_t dir_number);

size_t unfinished_files(const struct unfinished *u, uint32_t group);

/* The group's key, NUL-terminated, and its rule. */
const char *unfinished_key(const struct unfinished *u, uint32_t group, size_t *len, size_t *rule);

/* Reads a file of a group, from the last one (file 0) to the first, and appends its name, with a
 * NUL, to `text`. Returns the file that was read, to be given for the next one; 0 when there is no
 * memory, or no further file. */
uint32_t unfinished_read(const struct unfinished *u, uint32_t group, uint32_t file,
    struct unfinished_file *f, struct buf *text);

/* The group that was begun after this one. */
uint32_t unfinished_next(const struct unfinished *u, uint32_t group);

/* Forgets a group. */
void unfinished_drop(struct unfinished *u, uint32_t group);

/* Forgets all groups. */
void unfinished_clear(struct unfinished *u);

void unfinished_free(struct unfinished *u);

#endif
