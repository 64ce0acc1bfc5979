#ifndef RSENC_SCAN_ASSEMBLE_H
#define RSENC_SCAN_ASSEMBLE_H

#include "scan/assembled.h"
#include "scan/directory.h"
#include "scan/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files to groups: puts together the files that make up one patch.
 *
 * The files of a rule of one line lie below one directory: its groups are handed out when that was
 * left (one whose only file is at hand: at once), in the order in which their first files were met,
 * and memory is bounded by the files of the directories that are open. The files of a rule of
 * several lines, and of one whose tensor names hold captures, may lie anywhere: a group is handed
 * out as soon as it is complete or, where that cannot be known, at the end.
 *
 * It knows no file system: what walks a tree or reads an archive gives it paths.
 */

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
	uint64_t companions; /* of macOS, "._x.tif", which are not seen */
	uint64_t other_band; /* matched, but of a band that no line lists */
};

struct assembler;

/* `rules` are `count` rules in the order in which they are tried; they and the sink must outlive
 * the assembler. NULL when there is no memory. */
struct assembler *
assemble_new(const struct rule *const *rules, size_t count, const struct assemble_sink *sink);

/* Files come in the order of an archive from now on, or (false) of a walk: none is left, so groups
 * are handed out as soon as they are complete. */
void assemble_in_any_order(struct assembler *g, bool any_order);

/* A file of `dir`. `real` is its real path if it is a symbolic link, else NULL. `where` is the
 * caller's own (where the bytes lie, in an archive) and comes back with the group. All strings are
 * copied. The same pointer for `dir` means the same directory until it is left. False: end. */
bool assemble_file(struct assembler *g, const struct directory *dir, const char *name,
    const char *real, uint64_t where);

/* All of a directory, with what lies below it, was given: what is at home there is handed out.
 * False: end. */
bool assemble_leave(struct assembler *g, const struct directory *dir);

/* Everything was given: what is left is handed out, also what is not complete. False as above. */
bool assemble_end(struct assembler *g);

/* Whether a false was for want of memory. */
bool assemble_no_memory(const struct assembler *g);

struct assemble_counts assemble_counts(const struct assembler *g);

/* How many files each line has taken, in the order of the rules and their lines. */
const uint64_t *assemble_taken(const struct assembler *a, size_t *lines);

void assemble_free(struct assembler *g);

/* Whether a file of that name counts: it ends in .tif or .tiff, in any case. */
bool assemble_wanted(const char *name);

#endif
