#ifndef RSENC_SCAN_ASSEMBLE_H
#define RSENC_SCAN_ASSEMBLE_H

#include "base/buf.h"
#include "scan/directory.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files to groups: matches paths against rules and puts together those that make up
 * one patch. A group is handed out when the directory that holds all of its files was left
 * (one whose only file is at hand: at once), in the order in which their first files were met.
 * Memory is bounded by the files of the directories that are open.
 *
 * It knows no file system: what walks a tree or reads an archive gives it paths.
 *
 * The real path of a file is matched first, then, if it lies behind a symbolic link, the path as
 * met: trees of links into a store of blobs work too.
 */

struct assembled_file {
	const char *dir;  /* as printed */
	const char *name; /* NULL: the file of this band was not found */
	uint64_t where;   /* as given to assemble_file */
};

struct assembled {
	const struct rule *rule;
	const char *key; /* NUL-terminated */
	size_t key_len;
	const struct assembled_file
	    *files; /* in the order of rule->bands; one if it has them all */
	size_t count;
	size_t first; /* the file that was met first */
};

struct assemble_sink {
	void *context;

	/* A complete group, valid until it returns. False ends the walk. */
	bool (*group)(void *context, const struct assembled *g);

	/* A group that is not to be listed, and why. May be NULL. */
	void (*bad)(void *context, const struct assembled *g, const char *why);
};

struct assemble_counts {
	uint64_t files;      /* seen */
	uint64_t unmatched;  /* by any rule */
	uint64_t other_band; /* matched, but of a band that the rule does not list */
};

struct assembler;

/* `rules` are `count` rules in the order in which they are tried; they and the sink must outlive
 * the gatherer. NULL when there is no memory. */
struct assembler *
assemble_new(const struct rule *const *rules, size_t count, const struct assemble_sink *sink);

/* A file of `dir`. `real` is its real path if it is a symbolic link, else NULL. `where` is the
 * caller's own (where the bytes lie, in an archive) and comes back with the group. All strings are
 * copied. The same pointer for `dir` means the same directory until it is left. False: end. */
bool assemble_file(struct assembler *g, const struct directory *dir, const char *name,
    const char *real, uint64_t where);

/* All of a directory, with what lies below it, was given: what is at home there is handed out.
 * False: end. */
bool assemble_leave(struct assembler *g, const struct directory *dir);

/* Everything was given. False as above. */
bool assemble_end(struct assembler *g);

/* Whether a false was for want of memory. */
bool assemble_no_memory(const struct assembler *g);

struct assemble_counts assemble_counts(const struct assembler *g);

void assemble_free(struct assembler *g);

/* Whether a file of that name counts: it ends in .tif or .tiff, in any case. */
bool assemble_wanted(const char *name);

/* Appends DIR/NAME. Returns 0, or -1 when there is no memory. */
int assemble_path(const struct assembled_file *file, struct buf *out);

/* Appends the group's line, rsenc-groups(5), without a newline. Returns 0, or -1 when there is no
 * memory. */
int assemble_line(const struct assembled *g, struct buf *out);

#endif
