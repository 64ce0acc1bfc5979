#ifndef RSENC_SCAN_ASSEMBLED_H
#define RSENC_SCAN_ASSEMBLED_H

#include "base/buf.h"
#include "scan/rules.h"

#include <stddef.h>
#include <stdint.h>

/* The files that make up one patch, as the assembler hands them out, and their group line. */

struct assembled_file {
	const char *dir; /* as printed */
	const char *name;
	uint64_t where; /* as given to assemble_file: a struct archive_file, or 0 */
	const struct rule_line *line;
	const char *label; /* what line->label makes of it */
	size_t band;       /* in line->bands; 0 if it holds them all */
	size_t order;      /* 0: the one of its group that was met first */
};

struct assembled {
	const struct rule *rule;
	const char *key; /* NUL-terminated */
	size_t key_len;
	/* In the order of the lines; those of one line in the order of their labels, then of its
	 * bands. A group that is bad may lack some, and have others twice. */
	const struct assembled_file *files;
	size_t count;
};

/* Appends DIR/NAME. Returns 0, or -1 when there is no memory. */
int assembled_path(const struct assembled_file *file, struct buf *out);

/* The file of a group that was met first. */
const struct assembled_file *assembled_first(const struct assembled *g);

/* Appends the group's line, rsenc-groups(5), without a newline. Returns 0, or -1 when there is no
 * memory. */
int assembled_line(const struct assembled *g, struct buf *out);

#endif
