#ifndef RSENC_SCAN_PENDING_H
#define RSENC_SCAN_PENDING_H

#include "scan/assembled.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Groups that wait for further files: a tree by rule and key, and lists in which their order
 * is kept. A group that waits takes about 200 bytes and its key, a file 80 and its name; each is
 * counted with the paths of its directory, which files share.
 */

struct pending_group {
	struct assembled group;                /* its files are in the order in which they came */
	struct pending_group *previous, *next; /* in `list` */
	struct pending_list *list;
	uint64_t hash; /* of the key */
	size_t bytes;  /* of memory */
	size_t added;  /* files, also those that were replaced */
	bool late;     /* it does not wait for further files any more */
	char key[];
};

struct pending_list {
	struct pending_group *first, *last;
	size_t bytes; /* of memory */
};

/* The group of that rule and key; a new one without files, at the end of `list`, if there is none.
 * The tree is that of tsearch(3), NULL if empty. */
struct pending_group *pending_get(
    void **tree, struct pending_list *list, struct rule *rule, const char *key, size_t key_len);

/* Adds a file to a group: a copy, with its name and label, and one more user of its directory;
 * the data of a file in an archive is taken over. */
void pending_add_file(struct pending_group *g, const struct assembled_file *file);

/* Of sorted members of one name, as `tar -r` makes them, keeps the last, as unpacking does. Not of
 * two archives: those of train and test may have the same names. */
void pending_replace(struct pending_group *g);

/* Moves a group to the end of another list. */
void pending_move(struct pending_group *g, struct pending_list *to);

/* Frees a group with its files. */
void pending_drop(void **tree, struct pending_group *g);

/* A directory with one user; pending_dir_drop frees it with its last user, and takes NULL. */
struct assembled_dir *pending_dir(const char *path, const char *given);
void pending_dir_drop(struct assembled_dir *d);

#endif
