#ifndef RSENC_SCAN_NODE_H
#define RSENC_SCAN_NODE_H

#include "base/error.h"
#include "scan/directory.h"
#include "scan/listing.h"

#include <stdbool.h>
#include <stddef.h>

/* The directories that a walk has met and not left yet, as a tree. It knows no thread: whoever has
 * several takes care that a node is not used by two at once. */

enum node_state { NODE_NEW, NODE_LISTING, NODE_LISTED };

struct node {
	struct directory dir;
	const struct node *parent; /* NULL: the root */
	enum node_state state;
	struct listing listing;
	const struct node *loop;   /* the directory that this one is once more */
	size_t index;              /* in the parent's listing */
	struct node *first, *last; /* children made ahead of the visit, in order */
	struct node *next;
	size_t made; /* entries from which children were made, if they are directories */
};

/* The directory `root`, as the user calls it. NULL with the reason. node_free. */
struct node *node_root(const char *root, struct error *why);

/* The child of the next entry that is a directory and has none yet. NULL: there is none, or no memory,
 * which *no_memory tells. */
struct node *node_next_child(struct node *n, bool *no_memory);

/* The child of an entry, made ahead or now; it becomes the first one. NULL: no memory. */
struct node *node_first_child(struct node *n, size_t index);

void node_drop_first_child(struct node *n);

/* DIR/NAME, to be freed; NULL: no memory. */
char *node_path(const char *dir, const char *name);

/* Frees it with its children. */
void node_free(struct node *n);

#endif
