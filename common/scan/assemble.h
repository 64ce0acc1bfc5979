#ifndef RSENC_SCAN_ASSEMBLE_H
#define RSENC_SCAN_ASSEMBLE_H

#include "base/buf.h"
#include "scan/rules.h"
#include "scan/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files to groups: matches the files of a walk against rules and puts together those that make up
 * one patch. A group is handed out when the directory that holds all of its files was left
 * (one whose only file is at hand: at once), in the order in which their first files were met.
 * Memory is bounded by the files of the directories that are open.
 *
 * The real path of a file is matched first, then, if it lies behind a symbolic link, the path as
 * met: trees of links into a store of blobs work too.
 */

struct gather_file {
	const char *dir;  /* as printed */
	const char *name; /* NULL: the file of this band was not found */
};

struct gathered {
	const struct rule *rule;
	const char *key; /* NUL-terminated */
	size_t key_len;
	const struct gather_file *files; /* in the order of rule->bands; one if it has them all */
	size_t count;
	size_t first; /* the file that was met first */
};

struct gather_sink {
	void *context;

	/* A complete group, valid until it returns. False ends the walk. */
	bool (*group)(void *context, const struct gathered *g);

	/* A group that is not to be listed, and why. May be NULL. */
	void (*bad)(void *context, const struct gathered *g, const char *why);
};

struct gather_counts {
	uint64_t files;      /* seen */
	uint64_t unmatched;  /* by any rule */
	uint64_t other_band; /* matched, but of a band that the rule does not list */
};

struct gather;

/* `rules` are `count` rules in the order in which they are tried; they and the sink must outlive
 * the gatherer. NULL when there is no memory. */
struct gather *
gather_new(const struct rule *const *rules, size_t count, const struct gather_sink *sink);

/* A file of the walk, as in struct walk. False: end the walk. */
bool gather_file(struct gather *g, const struct walk_dir *dir, const char *name, const char *real);

/* A directory of the walk is done. False: end the walk. */
bool gather_leave(struct gather *g, const struct walk_dir *dir);

/* All walks are done. False as above. */
bool gather_end(struct gather *g);

/* Whether a false was for want of memory. */
bool gather_no_memory(const struct gather *g);

struct gather_counts gather_counts(const struct gather *g);

void gather_free(struct gather *g);

/* Whether a file of that name counts: it ends in .tif or .tiff, in any case. */
bool gather_wanted(const char *name);

/* Appends DIR/NAME. Returns 0, or -1 when there is no memory. */
int gather_path(const struct gather_file *file, struct buf *out);

/* Appends the group's line, rsenc-groups(5), without a newline. Returns 0, or -1 when there is no
 * memory. */
int gather_line(const struct gathered *g, struct buf *out);

#endif
