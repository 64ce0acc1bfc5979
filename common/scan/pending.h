#ifndef RSENC_SCAN_PENDING_H
#define RSENC_SCAN_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Groups that wait for further files: a hash table by rule, key and home, and lists in which their
 * order is kept. A group that waits takes about 100 bytes and its key, a file 50 and its name.
 */

/* A text that several files share. */
struct pending_text {
	size_t users;
	char text[];
};

struct pending_file {
	struct pending_file *before; /* of the same group */
	struct pending_text *dir;    /* as printed */
	struct pending_text *home;   /* home.h */
	uint64_t where;
	uint16_t line, band; /* numbers, in their rule and list */
	char name[];         /* NUL-terminated; behind it the label, too */
};

struct pending_group {
	struct pending_group *previous, *next; /* in `list` */
	struct pending_list *list;
	struct pending_group *chain; /* of groups with the same place in the table */
	struct pending_text *home;   /* of all its files; NULL: they may lie anywhere */
	struct pending_file *last;
	uint64_t hash;
	uint32_t count, bytes; /* of files; of memory */
	uint32_t rule;         /* number */
	uint16_t key_len;
	bool put_off; /* the owner's own */
	char key[];   /* NUL-terminated */
};

struct pending_list {
	struct pending_group *first, *last;
	size_t bytes; /* of memory */
};

/* All zero is empty. */
struct pending {
	struct pending_group **table;
	size_t size, count;           /* size: 0 or a power of 2 */
	struct pending_group *recent; /* found or added last, or NULL */
};

/* A copy, with one user. pending_text_drop frees it with its last user; both take NULL. */
struct pending_text *pending_text(const char *text);
struct pending_text *pending_text_use(struct pending_text *t);
void pending_text_drop(struct pending_text *t);

/* The group of that rule, key and home, or NULL. */
struct pending_group *pending_find(struct pending *p, size_t rule, const struct pending_text *home,
    const char *key, size_t key_len);

/* The next group, behind `from` (NULL: the first), of the rule and key of `g` in another home. */
struct pending_group *pending_next_same_key(
    const struct pending *p, const struct pending_group *g, const struct pending_group *from);

/* Adds a group without files to the end of a list. */
struct pending_group *pending_add(struct pending *p, struct pending_list *list, size_t rule,
    struct pending_text *home, const char *key, size_t key_len);

/* Adds a file to a group, a copy of all that is given. `name` and `label` are texts. */
void pending_add_file(
    struct pending_group *g, const struct pending_file *file, const char *name, const char *label);

/* Moves all files of `from` to `g`, behind its own. */
void pending_take_files(struct pending_group *g, struct pending_group *from);

/* Moves a group, or all groups of a list, to the end of another list. */
void pending_move(struct pending_group *g, struct pending_list *to);
void pending_move_all(struct pending_list *from, struct pending_list *to);

/* Frees a group with its files. */
void pending_drop(struct pending *p, struct pending_group *g);

/* Frees the table, which must be empty. */
void pending_free(struct pending *p);

#endif
